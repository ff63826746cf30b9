// What each key does, and the buttons that stand for it.

import { type Act, keyAct, takesKeys } from './state/keys'
import { presenterOf } from './state/links'
import { isOpen, pacedBy, paceOf, paceWords } from './state/pace'
import type { Page } from './state/page.svelte'

/** What each key does on a page. */
export function actsOf(page: Page): Record<Act, () => void> {
  const { session, look, notices, focus, conductor } = page
  return {
    help: () => (page.dialog = 'help'),
    link: () => (page.dialog = 'links'),
    field: () => document.querySelector<HTMLElement>('[data-field]')?.focus(),
    kill: () => void page.attempt({ do: 'killWorker' }, 'One worker was killed with signal 9.'),
    pause: () => {
      if (session.player) session.player.toggle()
      else page.paused = !page.paused
    },
    next: () => void pace(page, 'next'),
    slower: () => void pace(page, 'slower'),
    faster: () => void pace(page, 'faster'),
    freeze: () => page.live.freeze(!page.live.frozen),
    message: () => toMessage(page),
    spotlight: () => {
      const focused = document.activeElement?.closest<HTMLElement>('[data-process]')
      focus.lightNext(page.desk.cast, focused?.dataset.process ?? null)
    },
    alone: () => {
      focus.alone = page.view !== 'desk' || !focus.alone
      page.view = 'desk'
    },
    whole: () => (focus.whole = !focus.whole),
    forward: () => (session.recalled ? session.recalled.player.toCue(1) : conductor.next()),
    back: () => (session.recalled ? session.recalled.player.toCue(-1) : conductor.back()),
    clear: () => conductor.clear(),
    presenter: () => void present(page),
    recording: () => void page.toggleRecording(),
    bigger: () => look.zoom(1),
    smaller: () => look.zoom(-1),
    size: () => look.resetZoom(),
    projector: () => look.toggleProjector(),
    full: () => void session.toggleFullScreen(),
    reset: () => {
      if (notices.asksReset || (session.hello !== null && !session.mayControl)) page.reset()
      else notices.askReset()
    },
  }
}

/** Does what a key does on the desk. */
export function press(page: Page, acts: Record<Act, () => void>, event: KeyboardEvent): void {
  const { notices, focus } = page
  const focused = document.activeElement
  if (event.defaultPrevented || page.dialog !== null || document.querySelector('dialog[open]')) return
  if (event.key === 'Escape') {
    if (notices.asksReset) notices.withdraw()
    else if (focused instanceof HTMLElement && takesKeys(focused, event.key)) focused.blur()
    else if (page.session.recalled) void page.endRecording()
    else if (page.view === 'desk' || page.view === 'stage') focus.close()
    return
  }
  if (takesKeys(focused, event.key)) return
  if (notices.asksReset && event.key === 'Enter' && !(focused instanceof HTMLButtonElement)) return page.reset()
  const asked = keyAct(event, page.view)
  if (asked === null) return
  // Without a scene, arrows scroll; where scenes are chosen, the next one is the first.
  const leads = asked.key === 'forward' || asked.key === 'back'
  if (leads && !page.conductor.isOpen && !(page.view === 'stage' && asked.key === 'forward')) return
  event.preventDefault()
  // A key that is held is one press: each order and each cue has its own.
  if ((leads || asked.key === 'next') && event.repeat) return
  if (asked.key === 'view') page.show(asked.view)
  else acts[asked.key]()
}

/** Changes the pace of the batch, or has its next order sent. */
async function pace(page: Page, to: 'slower' | 'faster' | 'next') {
  const { valuz } = page.desk
  const paced = pacedBy(paceOf(valuz), to === 'faster' ? 'faster' : 'slower')
  if (to !== 'next') await page.attempt({ do: 'pace', pace: paced }, `Orders leave ${paceWords(paced)}.`)
  else if (!isOpen(valuz)) page.notices.say('No batch runs: start one first.', true)
  else {
    const { text, bad } = await page.session.attempt({ do: 'step' }, '')
    if (bad) page.notices.say(text, bad)
  }
}

/** Gives the focus to the next message that is on its way in the diagram. */
function toMessage(page: Page) {
  const dots = [...document.querySelectorAll<HTMLElement>('[data-message]')]
  const next = dots[dots.findIndex((dot) => dot === document.activeElement) + 1] ?? dots[0]
  if (next) next.focus()
  else page.notices.say('No single message is on its way in the diagram.')
}

/** Opens the presenter's page in a separate window. */
async function present({ session, notices }: Page) {
  if (session.hello !== null && !session.controls) return notices.say(session.refusal, true)
  if (!(await session.openPresenter())) window.open(presenterOf(location.href), 'presenter', 'width=1000,height=760')
}
