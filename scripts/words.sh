#!/bin/sh
# Looks for words that make a native engineer stumble, in everything that a person reads: documents, help texts, messages
# and comments. Prints each with its file and line and a better word; exits 1 if there is one.
# `scripts/words.sh PATH...` looks only there.
set -eu

# Each line: an extended regular expression for whole words in either case, then what to write instead. A space also
# matches the underscore of an identifier.
discouraged() {
    cat <<'LIST'
told|tells	reports, reported, is notified, shows; "tells apart": distinguishes
news	events, changes
anew|once more	again; restarts
whoever	a peer, a client, a user
nobody|somebody	no peer, no subscriber, another process, someone
of (my|your|his|its|our|their) own|of ours	its own X, a separate X; or leave it out
beside	next to, in addition to, compared with
goes? on	continues
went by|goes by|gone by	passed, sent and received
as far as	up to
up to now	so far
in turns?|by turns	round-robin, alternately, one after another
knock(s|ed|ing)?	connects
greets?|greeted	handshakes
parted	disconnected, left
vanish(es|ed|ing)?	exits, disappears
stands? still|stood still	is suspended, is idle
bound sides?	the server, the binding socket
the two ends	both peers
stays? away	is absent
of no use	useless, is discarded
owe[sd]?	must receive
heed(s|ed|ing)?	handles
becomes? of	happens to
may (look|touch)	may view, may control
is called so	has that name
lies (in|beside|there)|no folder	is, is stored; name the real cause
LIST
}

# Files and the words that are right there. Each needs its reason.
# - scripts/words.sh holds the list.
# - silence.test.ts has a cable, and a cable has two ends.
allowed='^scripts/words\.sh:|^ui/tests/desk/silence\.test\.ts:.*ends of the cable'

cd -- "$(git rev-parse --show-toplevel)"
[ $# -gt 0 ] || set -- .

# Generated files repeat the comments of their sources.
hits=$(discouraged | while IFS='	' read -r words instead; do
    git grep -I -n -i -E -e "(^|[^a-z])($(echo "$words" | sed 's/ /[ _]/g'))([^a-z]|\$)" -- "$@" ':!*.json' ':!*.jsonl' ':!*.csv' ':!*.svg' ':!*.lock' ':!LICENSE*' ':!ui/src/generated' |
        grep -vE "$allowed" |
        awk -v instead="$instead" '{ print $0; print "    write: " instead }'
done)
[ -z "$hits" ] || { printf '%s\n' "$hits"; exit 1; }
