import { expect, test } from 'vitest'
import { render } from './markdown'

test.each([
  '<script>alert(1)</script>',
  'a <img src=x onerror=alert(1)> b',
  '<b onclick="alert(1)">bold</b>',
  '<!-- <a href="x">-->',
  '[here](javascript:alert(1))',
  '[here](https://example.com/"onmouseover="alert(1))',
  '![<b>](x.png "t")',
  '<https://example.com/>',
  '```x"><img src=x>\ncode\n```',
  '`<b>`',
  '| a |\n|---|\n| <i>x</i> |',
  '[x]: javascript:alert(1)\n\n[x]',
  '&lt;script&gt;',
])('no HTML of a text reaches the page: %s', (text) => {
  const html = render(text)
  expect(html).not.toMatch(/<(script|img|b|i|a|iframe|style)\b/i)
  // What is left of an attribute is inside the quotes of a title, or in a text.
  expect(html.replace(/"[^"]*"/g, '""').replace(/>[^<]*</g, '><')).not.toMatch(/on\w+=|javascript:/i)
})

test('the text itself is drawn', () => {
  expect(render('A *slow* `SUB`:\n\n- one\n- two')).toBe(
    '<p>A <em>slow</em> <code>SUB</code>:</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n',
  )
  expect(render('see [the scene](prefixes.md)')).toBe('<p>see <span title="prefixes.md">the scene</span></p>\n')
})
