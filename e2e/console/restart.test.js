// A Mooring that is killed in the middle of an operation and started again: the page that is open shows the truth, without a reload.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, open as openFile, readFile, readdir, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { executable, open, until } from './support.js';

const command = process.env.MOORING_COMMAND;
const skip = !executable ? 'there is no chromium' : !command ? 'MOORING_COMMAND does not say how to start another Mooring' : false;
const port = 18090;
const url = `http://localhost:${port}`;

test('kill -9 in the middle of an operation', { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-console-'));
  await chmod(folder, 0o711);
  const home = join(folder, 'home');
  const log = await openFile(join(folder, 'log'), 'a');
  const start = () => spawn(command, {
    shell: '/bin/bash',
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, MOORING_HOME: home, QUARKUS_HTTP_PORT: port, QUARKUS_HTTP_SSL_PORT: 18493, MOORING_LOCAL_PORTS: '28600-28649', MOORING_APPS_RUNTIME: 'none' },
  });
  const ready = () => until('Mooring', () => fetch(`${url}/q/health/ready`).then(answer => answer.ok, () => false), 120);
  /** @returns whether there was one to be told */
  const signal = (pid, name) => {
    try {
      return process.kill(pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') {
        throw error;
      }
      return false;
    }
  };
  let mooring = start();
  let page;
  const browser = await open();
  try {
    await ready();
    page = await browser.newPage();
    await page.goto(`${url}/console`);
    await page.getByLabel('Token, or the code of a link').fill((await readFile(join(home, 'admin-token'), 'utf8')).trim());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${url}/console/databases/new`);
    await page.getByLabel('Name').fill('survivor');
    // A page tells only what its scripts are there to hear: those of this one have begun when they ask for the stream.
    const listening = page.waitForRequest(request => request.url().endsWith('/console/events') && request.frame().url().match(/databases\/[0-9a-f-]{36}/));
    await page.locator('main').getByRole('button', { name: 'Create Database Cluster' }).click();
    await page.getByRole('heading', { name: 'survivor' }).waitFor();
    await listening;
    await page.evaluate(() => { window.sameDocument = true; });

    assert.ok(signal(-mooring.pid, 'SIGKILL'), 'Mooring had ended by itself');
    await page.getByText('Mooring cannot be reached').waitFor({ timeout: 30_000 });
    mooring = start();
    await page.locator('#cluster-status .pill', { hasText: 'Online' }).waitFor({ timeout: 120_000 });
    await page.getByText('Mooring cannot be reached').waitFor({ state: 'hidden' });
    assert.ok(await page.evaluate(() => window.sameDocument), 'the page was not loaded again');
  } catch (error) {
    console.error('the page:', await page?.locator('body').innerText().catch(() => 'cannot be read'));
    console.error('Mooring:', (await readFile(join(folder, 'log'), 'utf8')).split('\n').slice(-40).join('\n'));
    throw error;
  } finally {
    await browser.close();
    signal(-mooring.pid, 'SIGTERM');
    await until('the end', () => fetch(url).then(() => false, () => true), 30).catch(() => {});
    // Databases outlive Mooring, but not a test.
    for (const cluster of await readdir(join(home, 'clusters')).catch(() => [])) {
      const pid = await readFile(join(home, 'clusters', cluster, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
      if (pid) { signal(Number(pid.split('\n')[0]), 'SIGQUIT'); }
    }
    // It may be unpacking still, and would put into its folder what is being deleted.
    signal(-mooring.pid, 'SIGKILL');
    await log.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }).catch(error => console.warn(`${folder} is left: ${error.message}`));
  }
});
