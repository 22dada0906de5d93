// The guide from its first sentence to its last, once with scripts off and once by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, complaints, executable, open, signedIn, until } from './support.js';

const skip = executable ? false : 'there is no chromium: apt-get install chromium, or set MOORING_CHROMIUM';
let browser;

before(async () => {
  if (!skip) browser = await open();
});

after(() => browser?.close());

/** Goes from stop to stop until it is there, as somebody does who has no mouse. */
async function reach(page, target) {
  await target.waitFor();
  for (let stops = 0; stops < 90; stops++) {
    if (await target.evaluate(one => one === document.activeElement)) {
      return;
    }
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way to ${target} by Tab`);
}

const hands = {
  'without scripts': {
    options: { javaScriptEnabled: false },
    of: () => ({
      press: target => target.click(),
      type: (target, text) => target.fill(text),
      choose: (target, value) => target.selectOption(value),
      tick: target => target.click(),
    }),
  },
  'by keyboard alone': {
    options: {},
    of: page => ({
      async press(target) {
        await reach(page, target);
        await page.keyboard.press('Enter');
      },
      async type(target, text) {
        await reach(page, target);
        await page.keyboard.press('Control+A');
        await page.keyboard.insertText(text);
      },
      async choose(target, value) {
        await reach(page, target);
        await page.keyboard.press('Home');
        for (let step = 0; await target.inputValue() !== value; step++) {
          assert.ok(step < 30, `${value} is not reached by arrow keys`);
          await page.keyboard.press('ArrowDown');
        }
      },
      async tick(target) {
        await reach(page, target);
        await page.keyboard.press('Space');
      },
    }),
  },
};

async function guide(t, how, { options, of }) {
  const run = process.pid.toString(36) + how[0];
  const names = { app: `trip-${run}`, cluster: `stock-${run}` };
  const page = await signedIn(browser, options);
  const { press, type, choose, tick } = of(page);
  const button = name => page.locator('main').getByRole('button', { name, exact: true });
  const link = name => page.getByRole('link', { name });
  const { id: app } = (await api('POST', '/v2/apps', { spec: { name: names.app, region: 'nyc' } })).app;
  t.after(async () => {
    await page.context().close();
    await api('DELETE', `/v2/apps/${app}`).catch(() => {});
    for (const one of (await api('GET', '/v2/databases')).databases.filter(one => one.name === names.cluster)) {
      await api('DELETE', `/v2/databases/${one.id}`);
    }
  });
  const deployed = () => until('the deployment', async () => {
    const found = (await api('GET', `/v2/apps/${app}`)).app;
    return !found.pending_deployment && !found.in_progress_deployment && found.active_deployment;
  });

  await press(page.getByRole('banner').getByText('Create', { exact: true }));
  await press(page.getByRole('banner').getByRole('link', { name: 'Databases' }).last());
  await type(page.getByLabel('Name'), names.cluster);
  await choose(page.getByLabel('PostgreSQL version'), '16');
  await press(button('Create Database Cluster'));
  await page.waitForURL(/databases\/[0-9a-f-]{36}$/);
  const cluster = page.url().split('/').pop();
  await until('the cluster', async () => (await api('GET', `/v2/databases/${cluster}`)).database.status === 'online');

  await press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Apps' }));
  await press(link(names.app));
  await press(page.getByText('Add components'));
  await press(link('Create or attach database'));
  await type(page.getByLabel('Name', { exact: true }), 'db');
  await press(button('Create Database'));
  await page.waitForURL(`**/console/apps/${app}`);
  await deployed();

  await press(page.getByText('Add components'));
  await press(link('Create or attach database'));
  await choose(page.getByLabel('Database Cluster'), names.cluster);
  await type(page.getByLabel('Name in the app'), 'stock');
  await tick(page.getByLabel('Add app as a trusted source'));
  await press(button('Attach Database'));
  await page.waitForURL(`**/console/apps/${app}`);
  await deployed();

  await press(page.getByRole('navigation', { name: 'App' }).getByRole('link', { name: 'Settings' }));
  await press(link(/^stock/));
  const trusted = page.getByLabel('Add app as a trusted source');
  assert.ok(await trusted.isChecked());
  await tick(trusted);
  await press(button('Save'));
  await page.getByText('The app is the only trusted source').waitFor();
  await press(button('Let nobody in'));
  await page.waitForURL('**/components/stock');
  assert.ok(!await trusted.isChecked());

  await press(link(/^db/));
  await page.getByRole('heading', { name: 'db', exact: true }).waitFor();
  await choose(page.getByLabel('Show'), 'string');
  if (options.javaScriptEnabled === false) {
    await press(button('Show'));
  }
  await page.getByText('postgresql://${db.USERNAME}:${db.PASSWORD}@${db.HOSTNAME}:${db.PORT}/${db.DATABASE}').waitFor();

  await press(page.getByRole('navigation', { name: 'App' }).getByRole('link', { name: 'Settings' }));
  await press(link('Edit'));
  const spec = page.getByLabel('YAML or JSON');
  const text = await spec.inputValue();
  assert.match(text, /version: "\d+"/, "the database's version is in the spec");
  await type(spec, `${text}envs:\n- key: GREETING\n  value: hello\n`);
  await press(button('Save'));
  await page.waitForURL(`**/console/apps/${app}`);
  await deployed();

  await press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Databases' }));
  await press(page.locator(`#cluster-${cluster}`).getByRole('link', { name: names.cluster }));
  await press(link('Network Access'));
  await type(page.getByLabel('IPv4 address or network'), '127.0.0.0/8');
  await press(button('Add Trusted Sources').first());
  await page.getByRole('listitem').filter({ hasText: '127.0.0.0/8' }).waitFor();

  await press(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Apps' }));
  await press(link(names.app));
  await press(page.getByRole('navigation', { name: 'App' }).getByRole('link', { name: 'Settings' }));
  await press(link(/^stock/));
  await type(page.getByLabel('Enter the name to confirm'), 'stock');
  await press(button('Destroy'));
  await page.waitForURL(`**/console/apps/${app}/settings`);
  await link(/^stock/).waitFor({ state: 'detached' });
}

// Most of it is waiting for databases: both wait side by side.
test('the guide', { skip, concurrency: true }, t =>
  Promise.all(Object.entries(hands).map(([how, hand]) => t.test(how, its => guide(its, how, hand)))));

test('no page said anything to the console, threw, or asked another host', { skip }, () => {
  assert.deepEqual(complaints, []);
});
