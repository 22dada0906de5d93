// What pages do beyond their HTML: sign in by link, copy, local times, and news as it comes. Nothing here is needed to use them.

const news = document.getElementById('news');

/** Says something to everybody, also to those who do not see it. */
function say(text, link) {
  news.textContent = text;
  if (link) {
    const a = document.createElement('a');
    a.href = link.href;
    a.textContent = link.text;
    news.append(' ', a);
  }
}

// A link that signs in: its code is behind the #, where it goes into no log and no history.
const signIn = document.querySelector('form[data-sign-in]');
if (signIn && /^#mrl_[0-9a-f]{64}$/.test(location.hash)) {
  signIn.elements.token.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname + location.search);
  signIn.requestSubmit();
}

document.addEventListener('click', async event => {
  const button = event.target.closest('button[data-copy]');
  if (button) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    say('Copied.');
    setTimeout(() => { if (news.textContent === 'Copied.') { news.textContent = ''; } }, 2000);
  }
});

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** Pages say UTC; this adds what the clock on the wall says then. */
function localTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    time.title = local.format(new Date(time.dateTime));
  }
}

const known = new WeakSet();
const unknown = selector => [...document.querySelectorAll(selector)].filter(one => !known.has(one) && known.add(one));

/** What the page has, and what came to it since. */
function enhance() {
  localTimes(document);
  for (const button of document.querySelectorAll('button[data-copy]')) {
    button.hidden = false;
  }
  for (const form of unknown('form[data-auto]')) {
    form.querySelector('button').hidden = true;
    form.addEventListener('change', () => form.requestSubmit());
  }
  // Where trusted sources are on, the app becomes one in any case.
  for (const select of unknown('select[data-trust]')) {
    const box = document.getElementById(select.dataset.trust);
    let wanted = box.checked;
    const fix = () => {
      box.disabled = select.selectedOptions[0].hasAttribute('data-restricted');
      box.checked = box.disabled || wanted;
    };
    box.addEventListener('change', () => { wanted = box.checked; });
    select.addEventListener('change', fix);
    fix();
  }
  for (const field of unknown('input[data-utc]')) {
    const help = document.getElementById(field.dataset.utc);
    const range = help.textContent;
    const tell = () => {
      const moment = new Date(field.value + 'Z');
      help.textContent = Number.isNaN(moment.getTime()) ? range : `${range} Your clock says then: ${local.format(moment)}.`;
    };
    field.addEventListener('input', tell);
    tell();
  }
}
enhance();

/** The page as it is now: parsed by the browser, so that no text becomes part of this one by itself. */
function fetchPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', document.body.dataset.page);
    request.responseType = 'document';
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error('offline'));
    request.send();
  });
}

let fetching = false;
let again = false;

/** Brings the regions that are marked live up to date. One with fields in it is left alone: somebody may type there. */
async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const request = await fetchPage();
      if (new URL(request.responseURL).pathname === '/console/login') {
        stop();
        say('Your session has ended.', { href: '/console/login?next=' + encodeURIComponent(document.body.dataset.page), text: 'Sign in' });
        return;
      }
      if (request.status === 404) {
        say('What this page shows is not there any more.');
        return;
      }
      if (request.status === 200 && request.response) {
        patch(request.response);
      }
    } while (again);
  } catch {
    // The stream says when there is a server again.
  } finally {
    fetching = false;
  }
}

function patch(page) {
  for (const region of document.querySelectorAll('[data-live][id]')) {
    const fresh = page.getElementById(region.id);
    if (fresh && !region.querySelector('input:not([type=hidden]), select, textarea') && !region.isEqualNode(fresh)) {
      Idiomorph.morph(region, document.importNode(fresh, true), {
        ignoreActiveValue: true,
        // What somebody has opened stays open.
        callbacks: { beforeAttributeUpdated: name => name !== 'open' },
      });
    }
  }
  enhance();
}

// What moves without an operation is looked at now and then.
const every = document.querySelector('[data-every]')?.dataset.every;
if (every) { setInterval(() => { if (!document.hidden) { refresh(); } }, every * 1000); }

// The tail of a log: what comes is added as text, and the end stays in sight unless somebody reads further up.
const log = document.querySelector('[data-log]');
if (log) {
  const follow = document.getElementById('follow');
  const pressed = () => follow.getAttribute('aria-pressed') === 'true';
  const more = async () => {
    const answer = await fetch(`${log.dataset.log}?after=${encodeURIComponent(log.dataset.next)}`);
    if (answer.redirected) { follow.setAttribute('aria-pressed', false); }
    if (!answer.ok || answer.redirected) { return; }
    const { lines, next } = (await answer.json()).log;
    const atEnd = log.scrollTop + log.clientHeight > log.scrollHeight - 8;
    for (const line of lines) {
      const span = document.createElement('span');
      span.textContent = line + '\n';
      span.className = /\b(PANIC|FATAL|ERROR)\b/.test(line) ? 'bad' : /\bWARN(ING)?\b/.test(line) ? 'busy' : 'calm';
      log.append(span);
    }
    while (log.childElementCount > 2000) { log.firstElementChild.remove(); }
    log.dataset.next = next ?? log.dataset.next;
    if (atEnd && lines.length) { log.scrollTop = log.scrollHeight; }
  };
  const tail = async () => {
    if (pressed() && !document.hidden) { await more().catch(() => { /* the next one tells */ }); }
    setTimeout(tail, 1000);
  };
  follow.hidden = false;
  follow.addEventListener('click', () => follow.setAttribute('aria-pressed', !pressed()));
  log.scrollTop = log.scrollHeight;
  setTimeout(tail, 1000);
}

// One stream per browser: whoever holds the lock reads it and tells the others.
const channel = new BroadcastChannel('mooring-events');
let release = null;
let waiting = null;
let pending = null;

let looked = 0;

/** Looks at once; where much is moving, ten times a second at most. */
function moved() {
  if (pending) { return; }
  const wait = looked + 100 - performance.now();
  const look = () => {
    pending = null;
    looked = performance.now();
    refresh();
  };
  if (wait > 0) { pending = setTimeout(look, wait); } else { look(); }
}
channel.onmessage = event => {
  if (!document.hidden) {
    if (event.data === 'lost') { say('Mooring cannot be reached; trying again…'); } else { heard(); }
  }
};

function heard() {
  if (news.textContent.startsWith('Mooring cannot')) {
    news.textContent = '';
  }
  moved();
}

function tell(what) {
  channel.postMessage(what);
  if (what === 'lost') { say('Mooring cannot be reached; trying again…'); } else { heard(); }
}

/** Reads the stream until it is told to stop; after a break it begins again, and looks at once. */
function read(done) {
  let source = null;
  let retry = null;
  const open = () => {
    source = new EventSource(document.body.dataset.events);
    source.onopen = () => tell('moved');
    source.addEventListener('operation', () => tell('moved'));
    source.onerror = () => {
      tell('lost');
      if (source.readyState === EventSource.CLOSED) {
        refresh();
        retry = setTimeout(open, 1000);
      }
    };
  };
  open();
  release = () => {
    clearTimeout(retry);
    source.close();
    release = null;
    done();
  };
}

function start() {
  if (!document.body.dataset.events || waiting || release) {
    return;
  }
  waiting = new AbortController();
  navigator.locks
    .request('mooring-events', { signal: waiting.signal }, () => new Promise(done => { waiting = null; read(done); }))
    .catch(() => { /* hidden before its turn came */ });
}

function stop() {
  waiting?.abort();
  waiting = null;
  release?.();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    stop();
  } else {
    start();
    refresh();
  }
});
addEventListener('pagehide', stop);
addEventListener('pageshow', () => { if (!document.hidden) { start(); } });
