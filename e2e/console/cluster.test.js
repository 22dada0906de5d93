// What the pages of a cluster show before something is done, and of what is going on in it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { api, complaints, executable, fits, inspect, open, signedIn, until } from './support.js';

const run = process.pid.toString(36);
const skip = executable ? false : 'there is no chromium: apt-get install chromium, or set MOORING_CHROMIUM';
let browser, page, cluster;

before(async () => {
  if (skip) return;
  const made = await api('POST', '/v2/databases', { name: `shown-${run}`, engine: 'pg', version: '16', size: 'db-s-1vcpu-1gb', num_nodes: 1, region: 'nyc1' });
  cluster = made.database.id;
  browser = await open();
  page = await signedIn(browser);
  await until('the cluster', async () => (await api('GET', `/v2/databases/${cluster}`)).database.status === 'online');
});

after(async () => {
  await browser?.close();
  if (cluster) await api('DELETE', `/v2/databases/${cluster}`);
});

const visit = tab => page.goto(`/console/databases/${cluster}${tab && '/'}${tab}`);
const question = () => page.getByRole('alert').filter({ hasText: 'Nothing was changed yet' });
const rules = (...values) => ({ rules: values.map(value => ({ type: 'ip_addr', value })) });

/** A client that stays connected until it is turned out. */
async function client() {
  const { connection } = (await api('GET', `/v2/databases/${cluster}`)).database;
  const psql = spawn('psql', [connection.uri, '-qc', 'select pg_sleep(300)'], { stdio: 'ignore' });
  await until('the session', async () => (await api('POST', `/mooring/v1/databases/${cluster}/firewall/check`, rules())).firewall_check.open_sessions === 1);
  return psql;
}

test('Network Access says how many open sessions will end before it does it', { skip }, async () => {
  await api('PUT', `/v2/databases/${cluster}/firewall`, rules('127.0.0.0/8', '192.0.2.0/24'));
  const psql = await client();
  const gone = once(psql, 'exit');
  await visit('network');
  await page.getByRole('button', { name: 'Remove 192.0.2.0/24' }).click();
  await page.getByRole('button', { name: 'Remove 192.0.2.0/24' }).waitFor({ state: 'detached' });
  assert.equal(await question().count(), 0, 'nobody is asked where nobody is turned out');

  await api('PUT', `/v2/databases/${cluster}/firewall`, rules('127.0.0.0/8', '198.51.100.7'));
  await visit('network');
  await page.getByRole('button', { name: 'Remove 127.0.0.0/8' }).click();
  await question().getByText('1 of 1 open session will end at once.').waitFor();
  await question().getByText('1 session of doadmin from 127.0.0.1, on defaultdb').waitFor();
  await page.getByRole('link', { name: 'Leave it as it is' }).click();
  await page.getByRole('button', { name: 'Remove 127.0.0.0/8' }).click();
  assert.equal(psql.exitCode, null, 'asking ends nobody');
  await question().getByRole('button', { name: 'End 1 session' }).click();
  await page.getByRole('button', { name: 'Remove 127.0.0.0/8' }).waitFor({ state: 'detached' });
  await gone;
  assert.deepEqual((await api('GET', `/v2/databases/${cluster}/firewall`)).rules.map(rule => rule.value), ['198.51.100.7']);
  await api('PUT', `/v2/databases/${cluster}/firewall`, { rules: [] });
});

test('users, databases and trusted sources become true by themselves, and nothing that is typed is lost', { skip }, async () => {
  const typing = async (path, label) => {
    await visit(path);
    await page.evaluate(() => { window.sameDocument = true; });
    await page.getByLabel(label).fill('typed');
  };
  const kept = async label => {
    assert.equal(await page.getByLabel(label).inputValue(), 'typed');
    assert.ok(await page.getByLabel(label).evaluate(field => field === document.activeElement), 'the focus stays');
    assert.ok(await page.evaluate(() => window.sameDocument), 'the page was loaded again');
  };
  await typing('', 'New user');
  await api('POST', `/v2/databases/${cluster}/users`, { name: 'newcomer' });
  await page.locator('#user-list').getByText('newcomer', { exact: true }).waitFor();
  await api('POST', `/v2/databases/${cluster}/dbs`, { name: 'archive' });
  await page.locator('#db-list').getByText('archive', { exact: true }).waitFor();
  await kept('New user');
  await api('DELETE', `/v2/databases/${cluster}/users/newcomer`);
  await page.locator('#user-list').getByText('newcomer', { exact: true }).waitFor({ state: 'detached' });
  await api('DELETE', `/v2/databases/${cluster}/dbs/archive`);
  await page.locator('#db-list').getByText('archive', { exact: true }).waitFor({ state: 'detached' });
  await kept('New user');
  await typing('network', 'IPv4 address or network');
  await api('PUT', `/v2/databases/${cluster}/firewall`, rules('127.0.0.0/8'));
  await page.getByRole('button', { name: 'Remove 127.0.0.0/8' }).waitFor();
  await api('PUT', `/v2/databases/${cluster}/firewall`, rules());
  await page.getByText('There are no trusted sources').waitFor();
  await kept('IPv4 address or network');
});

test('Settings say what needs a restart before anything is changed', { skip }, async () => {
  const config = async () => (await api('GET', `/v2/databases/${cluster}/config`)).config;
  const change = async (key, value) => {
    await visit('settings');
    await page.getByLabel('Setting', { exact: true }).selectOption(key);
    await page.getByLabel('New value').fill(value);
    await page.getByRole('button', { name: 'Change this setting' }).click();
  };
  await change('work_mem', '8');
  await until('the setting', async () => (await config()).work_mem === 8);
  await change('max_connections', '50');
  await question().getByText('max_connections needs a restart of the server').waitFor();
  assert.equal(await page.getByLabel('New value').inputValue(), '50', 'what was typed is kept');
  assert.notEqual((await config()).max_connections, 50);
  // By keyboard alone: the question has the focus, and what it asks for is next.
  assert.ok(await question().evaluate(one => one === document.activeElement));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/settings');
  assert.equal((await config()).max_connections, 50);
});

test('a form that is refused says why at the field, keeps what was typed and ticked, and changes nothing', { skip }, async () => {
  await visit('backups');
  const hours = page.getByLabel('Hours that are kept');
  await hours.fill('many');
  await page.getByLabel('A commit is answered only when').check();
  await page.getByRole('button', { name: 'Set the policy' }).click();
  await page.getByRole('alert').getByText('Nothing was changed.').waitFor();
  assert.equal(await hours.inputValue(), 'many');
  assert.ok(await page.getByLabel('A commit is answered only when').isChecked());
  const field = await hours.evaluate(one => [one.ariaInvalid, document.getElementById(one.getAttribute('aria-describedby')).textContent]);
  assert.deepEqual(field, ['true', 'must be a whole number']);
  await inspect(page, 'a form that is refused');
});

test('Logs: the end, and what comes, without a reload; following can be stopped', { skip }, async () => {
  const { connection } = (await api('GET', `/v2/databases/${cluster}`)).database;
  const fail = what => once(spawn('psql', [connection.uri, '-qc', `select ${what}`], { stdio: 'ignore' }), 'exit');
  await visit('logs');
  const log = page.getByRole('log');
  await log.getByText('database system is ready to accept connections').first().waitFor();
  await fail('"</pre><img src=x>"');
  await log.locator('.bad', { hasText: '</pre><img src=x>' }).first().waitFor();
  assert.equal(await log.locator('img').count(), 0, 'what is logged is text');
  assert.ok(await log.evaluate(one => one.scrollTop + one.clientHeight > one.scrollHeight - 8), 'the end is in sight');
  const asked = [];
  page.on('request', request => { if (request.url().includes('/logs/more')) asked.push(request); });
  await page.getByRole('button', { name: 'Follow' }).click();
  const before = asked.length;
  await fail('missed');
  await page.getByRole('link', { name: 'Last 300' }).click();
  assert.ok(asked.length <= before + 1, 'nobody asks who does not follow');
  await log.getByText('"missed"').first().waitFor();
});

test('Recovery: what would come back is said before anything begins; a moment is picked from the line', { skip }, async () => {
  await until('the backup', () => api('GET', `/mooring/v1/databases/${cluster}/recovery-window`).catch(() => false));
  await visit('backups');
  await page.getByRole('button', { name: 'Preview' }).click();
  const preview = page.getByRole('status').filter({ hasText: 'Nothing was begun yet' });
  await preview.getByText('From the backup of').waitFor();
  await preview.getByText(/WAL to replay/).waitFor();
  await preview.getByText('a new cluster in nyc1').waitFor();
  assert.equal((await api('GET', '/v2/databases')).databases.filter(one => one.name === `shown-${run}-restored`).length, 0);
  await api('PUT', `/v2/databases/${cluster}/resize`, { size: 'db-s-1vcpu-2gb', num_nodes: 1 });
  await until('the resize', async () => (await api('GET', `/mooring/v1/operations?cluster_id=${cluster}`)).operations.some(one => one.kind === 'resize-cluster' && one.state === 'done'));
  await visit('backups');
  await page.getByText('What happened, and when').click();
  await page.getByRole('listitem').filter({ hasText: 'Resize cluster' }).getByRole('link').click();
  await page.waitForURL(/moment=/);
  assert.equal(await page.getByLabel('Moment (UTC)').inputValue(), new URL(page.url()).searchParams.get('moment').replace('Z', ''));
});

test('Proof: try now, what it read, and in the list of clusters', { skip }, async () => {
  await visit('proof');
  const { proof } = await api('GET', `/mooring/v1/databases/${cluster}/proof`);
  await page.getByRole('button', { name: 'Try a recovery now' }).click();
  // A drill of the schedule may be under way: it proves the same.
  await until('the proof', async () => {
    const now = (await api('GET', `/mooring/v1/databases/${cluster}/proof`)).proof;
    return now.operation_id && now.tried_at !== proof.tried_at;
  });
  await page.locator('#proof-body').getByText('Tables read').waitFor();
  await page.locator('#proof-body').getByText('Yes').waitFor();
  await page.locator('#drill-list').getByText('Done').first().waitFor();
  await page.goto('/console/databases');
  await page.locator(`#cluster-${cluster}`).getByText('Proved').waitFor();
});

test('Metrics: small plots, with a table that says the same, that go on without a reload', { skip }, async () => {
  await api('GET', `/mooring/v1/databases/${cluster}/metrics`);
  const other = await page.context().newPage();
  await other.clock.install();
  await other.goto(`/console/databases/${cluster}/metrics`);
  for (const title of ['Connections', 'Disk']) {
    await other.getByRole('img', { name: new RegExp(`^${title}: .* now, at most`) }).waitFor();
  }
  const disk = other.getByRole('region', { name: 'Disk' });
  await disk.getByText('As a table').click();
  const rows = disk.locator('tbody tr');
  const before = await rows.count();
  assert.match(await rows.first().textContent(), /UTC\s*[\d.]+ MiB/);
  await until('another measurement', async () => {
    await other.clock.fastForward(10_000);
    return await rows.count() > before;
  });
  assert.ok(await rows.first().isVisible(), 'what somebody has opened stays open');
  await other.close();
});

test('Rehearsal of a migration: locks, rewritten rows, and what it takes away', { skip }, async t => {
  const { operations } = await api('GET', '/mooring/v1/operations?per_page=200');
  const { id, receipt } = operations.find(one => one.receipt?.rehearsal?.state === 'DONE') ?? operations.find(one => one.receipt?.rehearsal) ?? {};
  if (!id) {
    t.skip('nothing with a migration was deployed here; the session of dbos-cloud does');
    return;
  }
  await page.goto(`/console/operations/${id}`);
  const rehearsal = page.getByRole('region', { name: 'Rehearsal of the migration' });
  if (receipt.rehearsal.state === 'DONE') {
    for (const said of ['Strongest lock', 'Rows written anew', 'What it takes away', ...receipt.rehearsal.destructive]) {
      await rehearsal.getByText(said, { exact: true }).first().waitFor();
    }
  } else {
    await rehearsal.getByText(receipt.rehearsal.note).waitFor();
  }
  await inspect(page, 'a rehearsal');
});

const ask = {
  network: async other => {
    await other.getByRole('button', { name: 'Remove 127.0.0.0/8' }).click();
    await other.getByRole('button', { name: 'End 1 session' }).waitFor();
  },
  settings: async other => {
    await other.getByLabel('Setting', { exact: true }).selectOption('max_connections');
    await other.getByLabel('New value').fill('60');
    await other.getByRole('button', { name: 'Change this setting' }).click();
    await other.getByRole('button', { name: 'Restart the server with it' }).waitFor();
  },
  backups: async other => {
    await other.getByRole('button', { name: 'Preview' }).click();
    await other.getByText('From the backup of').waitFor();
    await other.getByText('What happened, and when').click();
  },
  proof: other => other.getByText('What it read').waitFor(),
  metrics: other => other.getByText('As a table').first().click(),
  logs: other => other.getByRole('log').waitFor(),
};

test('whatever they show and ask has no fault of accessibility, in dark, at 320 px, at 200 %, and without scripts', { skip }, async () => {
  await api('PUT', `/v2/databases/${cluster}/firewall`, rules('127.0.0.0/8', '192.0.2.0/24'));
  const psql = await client();
  for (const [how, options] of Object.entries({
    'in light': {},
    'in dark, at 320 px': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
    'at 200 %': { viewport: { width: 600, height: 450 }, deviceScaleFactor: 2 },
    'without scripts': { javaScriptEnabled: false },
  })) {
    // Colours are those of one of the first two; where no script runs none can look.
    const look = options.javaScriptEnabled === false ? () => {} : options.deviceScaleFactor ? fits : inspect;
    const other = await signedIn(browser, options);
    for (const [tab, show] of Object.entries(ask)) {
      await other.goto(`/console/databases/${cluster}/${tab}`);
      await show(other);
      await look(other, `${tab} ${how}`);
    }
    await other.context().close();
  }
  psql.kill();
});

test('no page of a cluster said anything to the console, threw, or asked another host', { skip }, () => {
  assert.deepEqual(complaints, []);
});
