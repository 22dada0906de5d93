// A browser that has signed in, and a page that may not complain.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const base = process.env.MOORING_URL ?? 'http://localhost:8080';
const token = process.env.MOORING_TOKEN;
export const executable = [process.env.MOORING_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
  .find(path => path && existsSync(path));

/** The API beneath the pages. */
export async function api(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

export async function until(what, check, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await check();
    if (found) {
      return found;
    }
    assert.ok(Date.now() < end, `${what} did not come within ${seconds} s`);
    await new Promise(done => setTimeout(done, 100));
  }
}

export async function open() {
  // In a container there is no sandbox to be had; what is opened are this Mooring's own pages.
  return chromium.launch({ executablePath: executable, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
}

/** What a page must never do. */
export const complaints = [];

function watch(context) {
  context.on('console', message => {
    // Refused forms and ended sessions answer with their status; the browser says so.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text())) {
      complaints.push(`${message.type()}: ${message.text()}`);
    }
  });
  context.on('weberror', error => complaints.push(`thrown: ${error.error()}`));
  context.on('request', request => {
    if (!request.url().startsWith(base)) {
      complaints.push(`another host: ${request.url()}`);
    }
  });
}

/** @param options of the browser's context, such as colorScheme */
export async function signedIn(browser, options = {}) {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1200, height: 900 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(20_000);
  watch(context);
  const page = await context.newPage();
  if (options.javaScriptEnabled === false) {
    await page.goto('/console');
    await page.getByLabel('Token, or the code of a link').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  } else {
    await page.goto((await api('POST', '/mooring/v1/console/links')).console_link.url.replace(/^https?:\/\/[^/]+/, base));
  }
  await page.waitForURL('**/console/databases');
  return page;
}

/** No fault of accessibility, nothing to scroll sideways for, and nothing too small to hit. */
export async function inspect(page, where) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  assert.deepEqual(violations.map(found => `${found.id}: ${found.nodes.map(node => node.target.join(' ')).join(', ')}`), [], where);
  await fits(page, where);
}

/** Nothing to scroll sideways for, and nothing too small to hit. */
export async function fits(page, where) {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} is wider than the window`);
  const small = await page.evaluate(() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
    .filter(one => one.checkVisibility() && !one.closest('p, dd') && !one.classList.contains('skip'))
    .filter(one => one.getBoundingClientRect().width < 24 || one.getBoundingClientRect().height < 24)
    .map(one => one.outerHTML.slice(0, 80)));
  assert.deepEqual(small, [], `${where} has targets under 24 px`);
}
