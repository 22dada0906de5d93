// From a request that begins an operation to its event at the API's stream, and to what a page shows of it, in the same run.
import { chromium } from '../../e2e/console/node_modules/playwright-core/index.mjs';

const [url, token, cluster, rounds] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const median = all => all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)];

const atApi = new Map();
const stream = await fetch(`${url}/mooring/v1/events`, { headers });
(async () => {
  const text = new TextDecoder();
  for await (const part of stream.body) {
    const now = performance.timeOrigin + performance.now();
    for (const [, id] of text.decode(part).matchAll(/"id":"([0-9a-f-]{36})"/g)) {
      if (!atApi.has(id)) atApi.set(id, now);
    }
  }
})();

const browser = await chromium.launch({
  executablePath: process.env.MOORING_CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
const page = await browser.newPage();
await page.goto(`${url}/console`);
await page.getByLabel('Token, or the code of a link').fill(token);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.goto(`${url}/console/databases/${cluster}`);
await page.evaluate(() => {
  window.shown = {};
  new MutationObserver(() => {
    for (const row of document.querySelectorAll('[id^=operation-]')) {
      window.shown[row.id.slice(10)] ??= performance.timeOrigin + performance.now();
    }
  }).observe(document.body, { childList: true, subtree: true, attributes: true });
});

const api = [];
const screen = [];
for (let round = 0; round < Number(rounds) + 3; round++) {
  const from = performance.timeOrigin + performance.now();
  const answer = await fetch(`${url}/v2/databases/${cluster}/config`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ config: { work_mem: 5 + round % 2 } }),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  const { operations: [{ id }] } = await (await fetch(`${url}/mooring/v1/operations?cluster_id=${cluster}&per_page=1`, { headers })).json();
  const shown = await page.waitForFunction(one => window.shown[one], id, { polling: 20 }).then(handle => handle.jsonValue());
  // The first ones are for the caches.
  if (round >= 3) {
    api.push(atApi.get(id) - from);
    screen.push(shown - from);
  }
  await page.locator(`#operation-${id}`).getByText('Done').waitFor();
}
await browser.close();
console.log(`event at the API's stream ${median(api).toFixed(0)} ms, on screen ${median(screen).toFixed(0)} ms, ratio ${(median(screen) / median(api)).toFixed(2)}; aim: 2`);
process.exit(0);
