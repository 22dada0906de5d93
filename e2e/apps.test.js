import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDigitalOceanClient, DigitalOceanApiKeyAuthenticationProvider } from '@digitalocean/dots';
import { FetchRequestAdapter } from '@microsoft/kiota-http-fetchlibrary';
import dotsWrapper from 'dots-wrapper';
import { pem, query, token, uniqueAppName, url } from './support.js';

/** Waits as clients do: by the counters of the steps. */
async function waitDeployed(get, seconds = 90) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const { phase, total, success, errors } = await get();
    assert.equal(errors, 0, phase);
    if (success === total) return;
    if (Date.now() > deadline) assert.fail(`still ${phase} after ${seconds} s`);
    await sleep(250);
  }
}

const answer = async (path) => {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(response.status, 200);
  return response.json();
};

/** What only godo has a call for. */
async function useDatabase(app) {
  const [details] = (await answer(`/v2/apps/${app}/database_connection_details`)).connection_details;
  const ca = pem((await answer(`/v2/databases/${details.database_id}/ca`)).ca.certificate);
  const connection = {
    host: details.host,
    port: details.port,
    user: details.username,
    password: details.password,
    database: details.database_name,
  };
  await query(connection, 'create table notes (note text)', ca);
  assert.deepEqual(await query(connection, 'select current_user as who', ca), [{ who: 'db' }]);
}

describe('apps with @digitalocean/dots', () => {
  const adapter = new FetchRequestAdapter(new DigitalOceanApiKeyAuthenticationProvider(token));
  adapter.baseUrl = url;
  const apps = createDigitalOceanClient(adapter).v2.apps;
  const name = uniqueAppName('dots');
  const spec = {
    name,
    region: 'nyc',
    databases: [{ name: 'db', engine: 'PG', version: '16' }],
    envs: [{ key: 'URL', value: '${db.DATABASE_URL}', scope: 'RUN_TIME', type: 'GENERAL' }],
  };
  let app;

  before(async () => {
    app = (await apps.post({ spec })).app;
  });

  after(async () => {
    if (app) await apps.byApp_Id(app.id).delete().catch(() => {});
  });

  it('answers a creation with a deployment to watch', async () => {
    assert.equal(app.spec.name, name);
    assert.equal(app.spec.databases[0].version, '16');
    assert.ok(app.createdAt instanceof Date);
    assert.ok(app.pendingDeployment.id);
    assert.ok(app.pendingDeployment.progress.steps.length > 0);
  });

  it('deploys it', async () => {
    await waitDeployed(async () => {
      const { deployment } = await apps.byApp_Id(app.id).deployments.byDeployment_id(app.pendingDeployment.id).get();
      const { totalSteps, successSteps, errorSteps } = deployment.progress;
      return { phase: deployment.phase, total: totalSteps, success: successSteps, errors: errorSteps };
    });
    await useDatabase(app.id);
  });

  it('proposes, lists, and updates', async () => {
    const proposal = await apps.propose.post({ spec, appId: app.id });
    assert.equal(proposal.appNameAvailable, true);
    assert.ok((await apps.get()).apps.some((each) => each.id === app.id));
    const updated = (await apps.byApp_Id(app.id).put({ spec: { ...spec, region: 'ams' } })).app;
    assert.equal(updated.spec.region, 'ams');
  });

  it('deletes it', async () => {
    assert.equal((await apps.byApp_Id(app.id).delete()).id, app.id);
    await assert.rejects(apps.byApp_Id(app.id).get(), (error) => error.responseStatusCode === 404);
    app = undefined;
  });
});

describe('apps with dots-wrapper', () => {
  const { app: api } = dotsWrapper.createApiClient({ token, endpoint: `${url}/v2` });
  const name = uniqueAppName('wrap');
  const spec = { name, region: 'nyc', databases: [{ name: 'db', engine: 'PG', version: '16' }] };
  let app;

  before(async () => {
    app = (await api.createApp({ spec })).data.app;
  });

  after(async () => {
    if (app) await api.deleteApp({ app_id: app.id }).catch(() => {});
  });

  it('deploys an app', async () => {
    await waitDeployed(async () => {
      const { deployment } = (
        await api.getAppDeployment({ app_id: app.id, deployment_id: app.pending_deployment.id })
      ).data;
      const { total_steps, success_steps, error_steps } = deployment.progress;
      return { phase: deployment.phase, total: total_steps, success: success_steps, errors: error_steps };
    });
    await useDatabase(app.id);
  });

  it('lists, updates and deletes it', async () => {
    assert.ok((await api.listApps({})).data.apps.some((each) => each.id === app.id));
    assert.equal((await api.listAppDeployments({ app_id: app.id })).data.deployments.length, 1);
    const updated = (await api.updateApp({ app_id: app.id, spec: { ...spec, envs: [{ key: 'A', value: 'b' }] } })).data.app;
    assert.equal(updated.spec.envs[0].value, 'b');
    assert.equal((await api.deleteApp({ app_id: app.id })).status, 200);
    app = undefined;
  });
});
