// The guide's sentences, each done in a real browser as a person does it who has nothing but the text.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { api, complaints, executable, fits, inspect, open, signedIn, until } from './support.js';

const run = process.pid.toString(36);
const names = { cluster: `orders-${run}`, app: `shop-${run}` };
const skip = executable ? false : 'there is no chromium: apt-get install chromium, or set MOORING_CHROMIUM';
let browser, page, cluster, app, kafka;
/** An app with a dev database and variables; a cluster that is gone. */
const extra = {};

before(async () => {
  if (skip) return;
  browser = await open();
  page = await signedIn(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  app = (await api('POST', '/v2/apps', { spec: { name: names.app, region: 'nyc' } })).app.id;
  const offered = (await api('GET', '/v2/databases/options')).options.kafka;
  if (offered) {
    const [{ num_nodes, sizes: [size] }] = offered.layouts;
    kafka = (await api('POST', '/v2/databases', { name: `stream-${run}`, engine: 'kafka', version: offered.default_version, size, num_nodes, region: 'nyc1' })).database.id;
  }
});

after(async () => {
  await browser?.close();
  for (const one of [app, extra.app].filter(Boolean)) await api('DELETE', `/v2/apps/${one}`).catch(() => {});
  for (const one of (await api('GET', '/v2/databases')).databases) {
    if (one.name.endsWith(run)) await api('DELETE', `/v2/databases/${one.id}`);
  }
});

/** What was loaded once and has become true since. */
const mark = () => page.evaluate(() => { window.sameDocument = true; });
const unloaded = async () => assert.ok(await page.evaluate(() => window.sameDocument), 'the page was loaded again');
const online = () => page.locator('#cluster-status .pill', { hasText: 'Online' }).waitFor({ timeout: 60_000 });
const main = () => page.locator('main');
/** Deployments of an app wait for each other: a page is asked when the last one is over. */
const deployed = (which = app) => until('the deployment', async () => {
  const found = (await api('GET', `/v2/apps/${which}`)).app;
  return !found.pending_deployment && !found.in_progress_deployment && found.active_deployment;
});

test('Click Create, then select Databases from the dropdown menu. Choose from the available options, then click Create Database Cluster', { skip }, async () => {
  await page.getByRole('banner').getByText('Create', { exact: true }).click();
  await page.getByRole('banner').getByRole('link', { name: 'Databases' }).last().click();
  await page.getByLabel('Name').fill('x');
  await page.locator('form[action="/console/databases/new"]').evaluate(form => { form.noValidate = true; });
  await main().getByRole('button', { name: 'Create Database Cluster' }).click();
  await page.getByRole('alert').getByText('name:').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'x', 'what was typed is kept');
  await page.getByLabel('Name').fill(names.cluster);
  await page.getByLabel('PostgreSQL version').selectOption('16');
  await main().getByRole('button', { name: 'Create Database Cluster' }).click();
  await page.waitForURL(/databases\/[0-9a-f-]{36}$/);
  cluster = page.url().split('/').pop();
});

test('The database you create appears in the Database Clusters list', { skip }, async () => {
  await page.goto('/console/databases');
  const row = page.locator(`#cluster-${cluster}`);
  await row.getByText(names.cluster).waitFor();
  // Nobody reloads: the list becomes true by itself.
  await row.getByText('Online').waitFor({ timeout: 60_000 });
  await row.getByText('PostgreSQL 16.').waitFor();
});

test('Connection Details: select and copy; no password until it is asked for', { skip }, async () => {
  const { password } = (await api('GET', `/v2/databases/${cluster}`)).database.connection;
  await page.goto(`/console/databases/${cluster}`);
  assert.ok(!(await page.content()).includes(password));
  await page.getByLabel('Show').selectOption('Connection String');
  await page.waitForURL(/show=string/);
  assert.ok(!(await page.content()).includes(password));
  await page.getByRole('button', { name: 'Show the password' }).click();
  await page.getByText(`postgresql://doadmin:${password}@`).waitFor();
  await page.locator('[data-copy=uri]').click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), new RegExp(`^postgresql://doadmin:${password}@`));
});

test("click the copy button beside the database's UUID", { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await page.locator('[data-copy=uuid]').click();
  await until('the copy', async () => (await page.evaluate(() => navigator.clipboard.readText())) === cluster);
});

test('Add components, then Create or attach database: create a new dev database with a version and a name', { skip }, async () => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Apps' }).click();
  await page.getByRole('link', { name: names.app }).click();
  await page.getByText('Add components').click();
  await page.getByRole('link', { name: 'Create or attach database' }).click();
  await page.getByLabel('Version').selectOption('16');
  await page.getByLabel('Name', { exact: true }).fill('db');
  await page.getByRole('button', { name: 'Create Database' }).click();
  await page.waitForURL(`**/console/apps/${app}`);
  await page.getByRole('link', { name: /db\s+dev database/ }).waitFor();
  await deployed();
});

test('Attach existing database: select a cluster, and Add app as a trusted source', { skip }, async () => {
  await page.goto(`/console/apps/${app}/attach`);
  await page.getByLabel('Database Cluster').selectOption(names.cluster);
  await page.getByLabel('Name in the app').fill('orders');
  await page.getByText('Enabling an app as a trusted source blocks any other connections.').waitFor();
  await page.getByLabel('Add app as a trusted source').check();
  await page.getByRole('button', { name: 'Attach Database' }).click();
  await page.waitForURL(`**/console/apps/${app}`);
  await deployed();
  await page.goto(`/console/apps/${app}/components/orders`);
  assert.ok(await page.getByLabel('Add app as a trusted source').isChecked());
});

test('Trusted Sources: clear the Add app as a trusted source checkbox, then click Save', { skip }, async () => {
  await page.goto(`/console/apps/${app}/components/orders`);
  await page.getByLabel('Add app as a trusted source').uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  // As the last source it would leave the door shut, which nobody guesses.
  await page.getByRole('alert').getByText('The app is the only trusted source').waitFor();
  await page.getByRole('button', { name: 'Let nobody in' }).click();
  await until('the change', async () => !(await api('GET', `/v2/apps/${app}/components/orders/trusted_sources`)).is_enabled);
  await page.goto(`/console/apps/${app}/components/orders`);
  assert.ok(!(await page.getByLabel('Add app as a trusted source').isChecked()));
});

test('Network Access, Add Trusted Sources: an address, and an app by Quick select', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await page.getByRole('link', { name: 'Network Access' }).click();
  await page.getByLabel('IPv4 address or network').fill('192.0.2.300');
  await page.getByRole('button', { name: 'Add Trusted Sources' }).first().click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('IPv4 address or network').fill('127.0.0.0/8');
  await page.getByRole('button', { name: 'Add Trusted Sources' }).first().click();
  await page.getByRole('listitem').filter({ hasText: '127.0.0.0/8' }).waitFor();
  await page.getByLabel('App', { exact: true }).selectOption(names.app);
  await page.getByRole('button', { name: 'Add Trusted Sources' }).last().click();
  await page.getByRole('listitem').filter({ hasText: names.app }).waitFor();
});

test('If trusted sources are enabled for the cluster, your app is automatically added as a trusted source', { skip }, async () => {
  await page.goto(`/console/apps/${app}/attach`);
  const box = page.getByLabel('Add app as a trusted source');
  await page.getByLabel('Database Cluster').selectOption(names.cluster);
  assert.ok(await box.isChecked() && await box.isDisabled(), 'fixed on');
  if (kafka) {
    await page.getByLabel('Database Cluster').selectOption(`stream-${run}`);
    assert.ok(!await box.isChecked() && await box.isEnabled(), 'theirs to choose');
  }
});

test('Connect to a dev database: Settings, the component, its UUID, Connection String', { skip }, async () => {
  await page.goto(`/console/apps/${app}`);
  await page.getByRole('navigation', { name: 'App' }).getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('link', { name: /db\s+dev database/ }).click();
  const { connection_details: [{ database_id: id }] } = await api('GET', `/v2/apps/${app}/database_connection_details`);
  await page.locator('[data-copy=uuid]').click();
  await until('the copy', async () => (await page.evaluate(() => navigator.clipboard.readText())) === id);
  await page.getByLabel('Show').selectOption('Connection String');
  await page.getByText('postgresql://${db.USERNAME}:${db.PASSWORD}@${db.HOSTNAME}:${db.PORT}/${db.DATABASE}').waitFor();
});

test('DATABASE_URL in the Environment Variables of a service: masked, shown when asked for, and as a file', { skip }, async () => {
  const hostile = '</code><img src=x onerror=alert(1)>';
  const spec = {
    name: `vars-${run}`,
    region: 'nyc',
    services: [{
      name: 'web',
      image: { registry_type: 'DOCKER_HUB', registry: 'library', repository: 'nginx' },
      envs: [{ key: 'DATABASE_URL', value: '${orders.DATABASE_URL}' }, { key: 'HOSTILE', value: hostile }],
    }],
    databases: [{ name: 'orders', engine: 'PG', production: true, cluster_name: names.cluster }, { name: 'dev', engine: 'PG' }],
  };
  extra.app = (await api('POST', '/v2/apps', { spec })).app.id;
  const { password } = (await api('GET', `/v2/databases/${cluster}`)).database.connection;
  await page.goto(`/console/apps/${extra.app}/settings`);
  await page.getByRole('link', { name: /web\s+Service/ }).click();
  const variables = page.getByRole('region', { name: 'Environment Variables' });
  await variables.getByText('${orders.DATABASE_URL}', { exact: true }).waitFor();
  assert.ok(!(await page.content()).includes(password));
  await variables.getByRole('button', { name: 'Show the values' }).click();
  await variables.getByText('${orders.DATABASE_URL}', { exact: true }).waitFor();
  await variables.getByText(`:${password}@`).waitFor();
  await variables.getByText(hostile).waitFor();
  assert.equal(await main().locator('img').count(), 0, 'a value is text');
  const [file] = await Promise.all([page.waitForEvent('download'), variables.getByRole('button', { name: 'Download .env' }).click()]);
  assert.equal(file.suggestedFilename(), 'web.env');
  assert.match(await readFile(await file.path(), 'utf8'), new RegExp(`^DATABASE_URL=.*:${password}@`, 'm'));
});

test('Integrate an existing Kafka database: the four variables, with the name that it has in the app', { skip }, async t => {
  if (!kafka) {
    t.skip('there is no Kafka');
    return;
  }
  await until('Kafka', async () => (await api('GET', `/v2/databases/${kafka}`)).database.status === 'online');
  const { spec } = (await api('GET', `/v2/apps/${extra.app}`)).app;
  spec.databases.push({ name: 'stream', engine: 'KAFKA', production: true, cluster_name: `stream-${run}` });
  await api('PUT', `/v2/apps/${extra.app}`, { spec });
  const { host, port } = (await api('GET', `/v2/databases/${kafka}`)).database.connection;
  await page.goto(`/console/apps/${extra.app}/components/stream`);
  assert.ok(!(await main().textContent()).includes('sslmode'));
  await page.getByLabel('Show').selectOption('Connection String');
  await page.waitForURL(/show=string/);
  assert.equal(await page.locator('#uri').textContent(), `${host}:${port}`);
  await page.locator('[data-copy=kafka-variables]').click();
  await until('the copy', async () => (await page.evaluate(() => navigator.clipboard.readText())) === [
    'KAFKA_BROKER=${stream.HOSTNAME}:${stream.PORT}', 'KAFKA_USERNAME=${stream.USERNAME}',
    'KAFKA_PASSWORD=${stream.PASSWORD}', 'KAFKA_CA_CERT=${stream.CA_CERT}'].join('\n'));
});

test('App Spec, Edit: a preview, every problem at its path, then saved', { skip }, async () => {
  await page.goto(`/console/apps/${app}/settings`);
  await page.getByRole('link', { name: 'Edit' }).click();
  const text = page.getByLabel('YAML or JSON');
  const spec = await text.inputValue();
  await text.fill(`${spec}services: [{name: 1bad}]\nenvs: [{value: x}]\n`);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').getByText('services[0]').first().waitFor();
  assert.match(await text.inputValue(), /1bad/, 'what was typed is kept');
  await text.fill(`${spec}envs:\n- key: GREETING\n  value: hello\n`);
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.locator('ins', { hasText: 'GREETING' }).waitFor();
  assert.equal((await api('GET', `/v2/apps/${app}`)).app.spec.envs, undefined, 'a preview changes nothing');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(`**/console/apps/${app}`);
  assert.equal((await api('GET', `/v2/apps/${app}`)).app.spec.envs[0].key, 'GREETING');
  await deployed();
});

test('Operations: the steps of one, what it waits for, and its receipt in words and as JSON', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await mark();
  await page.locator('#cluster-head').getByText('db-s-1vcpu-1gb').waitFor();
  await api('PUT', `/v2/databases/${cluster}/resize`, { size: 'db-s-1vcpu-2gb', num_nodes: 1 });
  await page.locator('#cluster-head').getByText('db-s-1vcpu-2gb').waitFor();
  await unloaded();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Operations' }).click();
  await page.getByRole('link', { name: 'Resize cluster' }).first().click();
  await page.getByRole('heading', { name: 'Receipt' }).waitFor();
  await page.getByText('As JSON').click();
  assert.ok(JSON.parse(await page.getByLabel('Receipt').last().textContent()));
  assert.ok(await page.locator('.steps li').count() > 0);
});

test('Recovery: pick a moment, restore to a new cluster', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await page.getByRole('link', { name: 'Backups' }).click();
  await page.getByRole('heading', { name: 'Policy' }).waitFor();
  // The first backup comes by itself, and so does the news of it, with all that can be done then.
  await page.locator('.line-of-time').waitFor({ timeout: 60_000 });
  await page.getByText('Your clock says then').waitFor();
  await page.getByLabel('Name of the new cluster').fill(`back-${run}`);
  await page.getByRole('button', { name: 'Restore to a new cluster' }).click();
  await page.waitForURL(url => /databases\/[0-9a-f-]{36}$/.test(url.pathname) && !url.pathname.endsWith(cluster));
});

test('Cannot make changes while the service is undergoing maintenance: enabled again by the stream, and nothing that is typed is lost', { skip }, async () => {
  // The restored one, which is still being made.
  await page.goto(`${page.url()}/settings`);
  const resize = page.getByRole('button', { name: 'Resize' });
  await page.getByText('Cannot make changes while the service is undergoing maintenance').first().waitFor();
  assert.ok(await resize.isDisabled());
  await page.getByLabel('Storage in MiB').fill('12345');
  await until('the button', () => resize.isEnabled());
  await online();
  assert.equal(await page.getByLabel('Storage in MiB').inputValue(), '12345');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'storage', 'the focus stays');
});

test('Read-only Nodes: create one, which becomes online by itself; promote it to a cluster; delete another', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await page.getByRole('link', { name: 'Read-only Nodes' }).click();
  for (const name of [`reports-${run}`, `spare-${run}`]) {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Create a Read-only Node' }).click();
    await page.locator('.row', { hasText: name }).getByText('Online').waitFor({ timeout: 60_000 });
    await until('the button', () => page.getByRole('button', { name: 'Create a Read-only Node' }).isEnabled());
  }
  assert.match(await page.locator('.twin code').first().textContent(), /-X PUT .*\/replicas\/NAME\/promote/s);
  await page.getByLabel('Enter its name to confirm').fill('another');
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('alert').getByText('replica not found').waitFor();
  await page.getByLabel('Enter its name to confirm').fill(`spare-${run}`);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.locator('.row', { hasText: `spare-${run}` }).waitFor({ state: 'detached' });
  await page.getByLabel('Read-only node', { exact: true }).selectOption(`reports-${run}`);
  await page.getByRole('button', { name: 'Promote' }).click();
  await page.locator('.row', { hasText: `reports-${run}` }).waitFor({ state: 'detached' });
  await page.goto('/console/databases');
  await page.locator('.row', { hasText: `reports-${run}` }).getByText('Online').waitFor({ timeout: 60_000 });
});

test('Connection Pools: create one, and delete it', { skip }, async t => {
  await page.goto(`/console/databases/${cluster}`);
  await page.getByRole('link', { name: 'Connection Pools' }).click();
  await page.getByLabel('Name', { exact: true }).fill('backend');
  await page.getByLabel('Server connections').fill('1000');
  await page.getByRole('button', { name: 'Create Pool' }).click();
  await page.getByRole('alert').getByText('size:').waitFor();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'backend', 'what was typed is kept');
  await page.getByLabel('Server connections').fill('3');
  await page.getByRole('button', { name: 'Create Pool' }).click();
  const made = page.getByRole('listitem').filter({ hasText: 'backend' }).getByText('3 connections');
  const missing = page.getByRole('alert').getByText('PgBouncer').first();
  await made.or(missing).waitFor();
  if (await missing.count()) {
    t.skip('there is no PgBouncer');
    return;
  }
  const { password } = (await api('GET', `/v2/databases/${cluster}`)).database.connection;
  assert.ok(!(await page.content()).includes(password));
  await page.getByText('Change', { exact: true }).click();
  const change = page.locator('form[action$="/pools/change"]');
  await change.getByLabel('Mode').selectOption('Session');
  await change.getByLabel('Server connections').fill('1000');
  await page.getByRole('button', { name: 'Change pool backend' }).click();
  await page.getByRole('alert').getByText('size:').waitFor();
  assert.equal(await change.getByLabel('Server connections').inputValue(), '1000', 'what was typed is kept, and open');
  assert.equal(await change.getByLabel('Mode').inputValue(), 'session');
  await change.getByLabel('Server connections').fill('4');
  await change.getByLabel('User').selectOption('Whoever comes');
  await page.getByRole('button', { name: 'Change pool backend' }).click();
  await page.getByRole('listitem').filter({ hasText: 'backend' }).getByText('4 connections').waitFor();
  const { pool } = await api('GET', `/v2/databases/${cluster}/pools/backend`);
  assert.deepEqual([pool.mode, pool.size, pool.user, pool.db], ['session', 4, '', 'defaultdb']);
  await page.getByText('Change', { exact: true }).click();
  await inspect(page, 'a pool that is being changed');
  await page.getByRole('button', { name: 'Delete pool backend' }).click();
  await page.getByText('There are none.').waitFor();
});

test('Upgrade: what stands in the way is said before anything starts', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}/upgrade`);
  const offered = await page.getByLabel('Version', { exact: true }).locator('option').evaluateAll(all => all.map(one => Number(one.value)));
  assert.ok(offered.length && offered.every(version => version > 16), `only what it can go to is offered, not ${offered}`);
  await page.getByLabel('Hours in which it can be undone').fill('100000');
  await page.getByRole('button', { name: 'Check and upgrade' }).click();
  await page.getByText('This stands in the way. Nothing was started.').waitFor();
  await page.getByRole('alert').getByText('undo_hours: must be 1 to').waitFor();
  await page.getByRole('button', { name: 'Install updates' }).waitFor();
});

test('Convert to a Managed Database: Node Plan, Standby Nodes, then click Convert Database', { skip }, async () => {
  await page.goto(`/console/apps/${app}/components/db`);
  await page.getByRole('link', { name: 'Convert to a Managed Database' }).click();
  // Whoever leaves the name as it is has one that can be had.
  assert.ok(await page.getByLabel('Name of the cluster').evaluate(field => field.value.length >= 3));
  await page.getByLabel('Name of the cluster').fill(`converted-${run}`);
  await page.getByLabel('Node Plan').selectOption({ index: 1 });
  await page.getByLabel('Standby Nodes').selectOption('None');
  await page.getByRole('button', { name: 'Convert Database' }).click();
  await page.getByRole('heading', { name: 'Convert database' }).waitFor();
  await page.locator('#operation-head .pill', { hasText: 'Done' }).waitFor({ timeout: 60_000 });
  await deployed();
});

test('Install updates, upgrade, and back again for as long as that is possible', { skip }, async () => {
  const { id } = (await api('GET', '/v2/databases')).databases.find(one => one.name === `converted-${run}`);
  await until('the cluster', async () => (await api('GET', `/v2/databases/${id}`)).database.status === 'online');
  await page.goto(`/console/databases/${id}/upgrade`);
  await page.getByText('PostgreSQL 16.').first().waitFor();
  await page.getByRole('button', { name: 'Install updates' }).click();
  await page.locator('#update-state').getByText('is the newest minor version here').waitFor();
  await page.getByLabel('Version', { exact: true }).selectOption('18');
  await page.getByLabel('Method').selectOption('brief');
  // It is looked at before it is answered.
  await page.getByRole('button', { name: 'Check and upgrade' }).click({ timeout: 60_000 });
  await page.locator('#cluster-status .pill', { hasText: 'Migrating' }).waitFor({ timeout: 60_000 });
  await mark();
  await page.locator('#cluster-head').getByText(/PostgreSQL 18\.\d/).waitFor({ timeout: 120_000 });
  await until('the way back', () => page.getByRole('button', { name: 'Undo the upgrade' }).isEnabled().catch(() => false), 120);
  assert.equal((await api('GET', `/v2/databases/${id}`)).database.version, '18');
  await page.getByRole('region', { name: 'Undo the last upgrade' }).getByText('Back to version 16, until').waitFor();
  await unloaded();
  await page.getByRole('button', { name: 'Undo the upgrade' }).click();
  await page.waitForURL(/operations\//);
  await page.locator('#operation-head .pill', { hasText: 'Done' }).waitFor({ timeout: 120_000 });
  assert.equal((await api('GET', `/v2/databases/${id}`)).database.version, '16');
});

test('what was typed outlives the session', { skip }, async () => {
  await page.goto(`/console/databases/${cluster}`);
  await page.getByLabel('New database').fill('kept');
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Add database' }).click();
  await page.getByRole('alert').getByText('What you typed is kept').waitFor();
  await page.getByLabel('Token, or the code of a link').fill(process.env.MOORING_TOKEN);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await inspect(page, 'what is sent again');
  await page.getByRole('button', { name: 'Send it' }).click();
  await page.getByRole('listitem').filter({ hasText: 'kept' }).waitFor();
  assert.notDeepEqual(await page.context().cookies(), cookies);
});

test('Destroy Database: enter the name to confirm', { skip }, async () => {
  const id = (await api('GET', '/v2/databases')).databases.find(one => one.name === `back-${run}`).id;
  // One without a backup could not come back.
  await until('its first backup', () => api('GET', `/mooring/v1/databases/${id}/recovery-window`).catch(() => false));
  await page.goto(`/console/databases/${id}/settings`);
  await page.getByLabel('Enter the name to confirm').fill(names.cluster);
  await page.getByRole('button', { name: 'Destroy' }).click();
  await page.getByRole('alert').getByText('Nothing was changed').first().waitFor();
  await page.getByLabel('Enter the name to confirm').fill(`back-${run}`);
  await page.getByRole('button', { name: 'Destroy' }).click();
  await page.waitForURL('**/console/databases');
  assert.equal(await page.locator(`#cluster-${id}`).count(), 0);
  // It says until when it can come back, and how.
  await page.locator(`#deleted-${id}`).getByText('until').waitFor();
  await page.locator(`#deleted-${id} a`).click();
  await page.getByRole('button', { name: 'Bring it back' }).waitFor();
  extra.deleted = id;
});

const pages = () => [
  '/console/databases', '/console/databases/new', `/console/databases/${cluster}`, `/console/databases/${cluster}/network`,
  `/console/databases/${cluster}/pools`, `/console/databases/${cluster}/replicas`,
  `/console/databases/${cluster}/backups`, `/console/databases/${cluster}/upgrade`, `/console/databases/${cluster}/settings`,
  '/console/operations', '/console/apps', '/console/apps/new', `/console/apps/${app}`, `/console/apps/${app}/settings`,
  `/console/apps/${app}/spec`, `/console/apps/${app}/attach`, `/console/apps/${app}/components/orders`, '/console/nothing',
  '/console/login', `/console/databases/deleted/${extra.deleted}`, `/console/databases/${extra.dev}/convert`,
  `/console/apps/${extra.app}/components/dev`, `/console/apps/${extra.app}/components/web`,
  ...kafka ? [`/console/databases/${kafka}`, `/console/databases/${kafka}/settings`, `/console/apps/${extra.app}/components/stream`] : [],
];

for (const [how, options] of Object.entries({
  'in light': {},
  'in dark, at 320 px': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  // A browser's zoom is a window of half the width with twice the dots.
  'at 200 %': { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
})) {
  test(`every page ${how} has no fault of accessibility`, { skip }, async () => {
    const other = await signedIn(browser, options);
    extra.dev ??= (await api('GET', `/v2/apps/${extra.app}/database_connection_details`)).connection_details.find(one => one.component_name === 'dev').database_id;
    const look = options.deviceScaleFactor ? fits : inspect;
    for (const path of pages()) {
      await other.goto(path);
      await look(other, `${path} ${how}`);
      if (options.deviceScaleFactor) {
        // And the text alone, as some set it in their browser.
        await other.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
        await look(other, `${path} with text of 200 %`);
      }
    }
    await other.goto('/console/operations');
    await other.locator('.rows a').first().click();
    await other.getByRole('heading', { name: 'Timeline' }).waitFor();
    await inspect(other, 'an operation');
    await other.context().close();
  });
}

test('without scripts everything works too', { skip }, async () => {
  const plain = await signedIn(browser, { javaScriptEnabled: false });
  await plain.goto(`/console/databases/${cluster}`);
  assert.equal(await plain.locator('[data-copy]:visible').count(), 0, 'what needs scripts is not offered');
  await plain.getByLabel('Show').selectOption('Connection String');
  await plain.getByRole('button', { name: 'Show', exact: true }).click();
  await plain.waitForURL(/show=string/);
  await plain.getByLabel('New database').fill('plain');
  await plain.getByRole('button', { name: 'Add database' }).click();
  await plain.getByRole('listitem').filter({ hasText: 'plain' }).waitFor();
  await plain.goto(`/console/apps/${extra.app}/components/dev`);
  assert.equal(await plain.locator('[data-copy]:visible').count(), 0);
  await plain.getByRole('button', { name: 'Sign out' }).click();
  await plain.getByRole('heading', { name: 'Sign in' }).waitFor();
  await plain.context().close();
});

test('by keyboard alone: skip to the content, and every stop is visible', { skip }, async () => {
  await page.goto('/console/databases');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
  const stops = [];
  for (let i = 0; i < 12; i++) {
    stops.push(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle));
    await page.keyboard.press('Tab');
  }
  assert.ok(stops.filter(style => style === 'none').length <= 1, `focus that is not seen: ${stops}`);
});

test('one stream per browser, and none of a page that is closed', { skip }, async () => {
  const context = page.context();
  let streams = 0;
  const count = request => { if (request.url().endsWith('/console/events')) streams++; };
  context.on('request', count);
  await page.goto('/console/databases');
  await until('the stream', () => streams === 1);
  const second = await context.newPage();
  await second.goto('/console/operations');
  await second.getByRole('heading', { name: 'Operations' }).waitFor();
  await api('POST', `/mooring/v1/databases/${cluster}/backups`);
  // Both hear of it, over one stream.
  await second.locator('.row', { hasText: 'Back up cluster' }).first().getByText(/Running|Done/).waitFor();
  assert.equal(streams, 1);
  await second.close();
  context.off('request', count);
});

test('a page that is open when the session ends says so by itself', { skip }, async () => {
  const other = await signedIn(browser);
  await other.goto('/console/operations');
  const second = await other.context().newPage();
  await second.goto('/console/databases');
  await second.getByRole('button', { name: 'Sign out' }).click();
  await second.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.getByText('Your session has ended.').waitFor({ timeout: 30_000 });
  await other.context().close();
});

test('no page said anything to the console, threw, or asked another host', { skip }, () => {
  assert.deepEqual(complaints, []);
});
