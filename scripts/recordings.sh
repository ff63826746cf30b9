#!/bin/sh
# Records scenes, for when the live thing fails on stage: `recordings.sh PROGRAMS [NAME...]` plays each by itself, or all of them, and
# writes scenes/recordings/NAME.jsonl. Prints a line for each as soon as it is over, and a table at the end. A scene that fails gets no
# new recording; then this exits with 1. One that this machine cannot play, for lack of a language, is skipped. SCENES names another
# folder of scenes, PAUSE another pause after each cue.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
programs=$1
shift
scenes=${SCENES-scenes}
folder=$scenes/recordings
mkdir -p "$folder"
place=$(mktemp -d)
part=
trap 'rm -rf "$place" ${part:+"$part"}' EXIT
trap 'exit 1' INT TERM HUP

# Nothing of a desk that runs takes part: its services would be in the picture, and have its ports.
TICKZ_TICKS=ipc://$place/ticks
CHATZ_REQUESTS=ipc://$place/requests
CHATZ_BROADCASTS=ipc://$place/broadcasts
export TICKZ_TICKS CHATZ_REQUESTS CHATZ_BROADCASTS
for channel in VALUZ_ORDERS VALUZ_RESULTS VALUZ_CONTROL OBSERVE_REPORTS OBSERVE_OBSERVATIONS DEALZ_COMMANDS; do
    export "$channel=tcp://127.0.0.1:*"
done

# A desk ends with this script, and none of what the script starts with the process that started it.
unset SUITE_END_WITH_PARENT

# record NAME FILE
record() {
    RUST_LOG=off SUITE_END_WITH_PARENT=$$ "$programs/dealz" --web 127.0.0.1:0 --scenes "$scenes" --scene "$1" --auto --pause "${PAUSE-2s}" --record "$2" \
        2>"$place/reasons" >/dev/null
}

# Names are those of files, and have no spaces.
[ $# -gt 0 ] || set -- $("$programs/scenez" list --scenes "$scenes" | cut -d ' ' -f 1)
[ $# -gt 0 ] || { echo "there is no scene in $scenes"; exit 1; }

number=0
failed=0
for name; do
    number=$((number + 1))
    printf '%2d of %d  %s: ' "$number" "$#" "$name"
    part=$folder/.$name.part.jsonl
    rm -f "$part"
    begin=$(date +%s)
    missing=$("$programs/scenez" check "$name" --scenes "$scenes" 2>/dev/null | sed -n 's/.*; skipped: //p')
    if [ -n "$missing" ]; then
        verdict="skipped: $missing"
        size=-
    elif record "$name" "$part"; then
        mv -f "$part" "$folder/$name.jsonl"
        verdict=ok
        size="$((($(wc -c <"$folder/$name.jsonl") + 1023) / 1024)) KiB"
    else
        rm -f "$part"
        failed=$((failed + 1))
        verdict=FAILED
        [ ! -f "$folder/$name.jsonl" ] || verdict='FAILED: an earlier recording is there'
        size=-
    fi
    time="$(($(date +%s) - begin)) s"
    echo "$verdict, $time"
    [ -n "$missing" ] || [ "$verdict" = ok ] || sed 's/^/    /' "$place/reasons"
    printf '%-20s %6s %9s  %s\n' "$name" "$time" "$size" "$verdict" >>"$place/table"
done

echo
printf '%-20s %6s %9s  %s\n' scene time size recording
cat "$place/table"
[ "$failed" = 0 ] || { echo "$failed of $number failed"; exit 1; }
