// Shows what the server says, as it says it. The state is one snapshot, then every event that is newer.

const TOKEN = 'signalbox.token';
const SILENCE_MS = 40_000;
const byId = (id) => document.getElementById(id);

const state = { processes: new Map(), rows: new Map(), seq: 0, epoch: '', live: false };

function headers() {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { authorization: `Bearer ${token}` } : {};
}

// ---- the stream

async function follow() {
  for (let wait = 250; ; wait = Math.min(wait * 2, 4_000)) {
    const outcome = await read().catch(() => 'lost');
    if (outcome === 'read') wait = 250;
    setLive(false);
    if (outcome === 'token') await askForToken();
    else await new Promise((done) => { setTimeout(done, wait * (0.5 + Math.random())); });
  }
}

async function read() {
  const abort = new AbortController();
  let silence = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    // Without `after` the whole state comes first: a new connection replaces all that was known.
    const answer = await fetch('/api/events', { headers: headers(), signal: abort.signal, cache: 'no-store' });
    if (answer.status === 401) return 'token';
    if (!answer.ok) return 'lost';
    byId('token-form').hidden = true;
    let text = '';
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'read';
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
      text += value;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

function take(message) {
  const field = (name) => message.split('\n').filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join('\n');
  if (field('data') === '') return;
  const data = JSON.parse(field('data'));
  if (field('event') === 'snapshot') takeSnapshot(data);
  else takeUpdate(data);
  setLive(true);
}

function takeSnapshot({ processes, seq, epoch }) {
  Object.assign(state, { seq, epoch, processes: new Map() });
  for (const process of processes) keep(process);
  for (const [id, row] of state.rows) if (!state.processes.has(id)) { row.remove(); state.rows.delete(id); }
  byId('empty').hidden = processes.length > 0;
  showAll();
}

function takeUpdate({ timestamp, seq, epoch, ...rest }) {
  if (epoch === state.epoch && seq <= state.seq) return;
  state.seq = seq;
  for (const process of Object.values(rest)) {
    keep({ ...process, port: process.port ?? state.processes.get(process.id)?.port ?? null });
    show(process.id);
    say(process);
  }
  showSummary();
}

function keep(process) {
  state.processes.set(process.id, { ...process, heard: performance.now() });
}

// ---- what is seen

function setLive(live) {
  state.live = live;
  byId('connection').dataset.live = live ? 'yes' : 'no';
  byId('connection-text').textContent = live ? 'Live' : 'Reconnecting...';
  byId('lost').hidden = live || !byId('token-form').hidden || state.processes.size === 0;
  document.body.classList.toggle('known-last', !live);
  for (const button of document.querySelectorAll('.actions button')) {
    button.setAttribute('aria-disabled', String(!live));
    button.title = live ? '' : 'Waits for the connection to the server';
  }
  showSummary();
}

function showAll() {
  const list = byId('processes');
  for (const id of state.processes.keys()) {
    show(id);
    list.append(state.rows.get(id));
  }
  showSummary();
}

function makeRow(id) {
  const row = byId('row').content.firstElementChild.cloneNode(true);
  const { title } = state.processes.get(id);
  const heading = row.querySelector('h3');
  heading.id = `title-${id}`;
  heading.textContent = title;
  row.setAttribute('aria-labelledby', heading.id);
  for (const button of row.querySelectorAll('[data-order]')) {
    button.setAttribute('aria-label', `${button.textContent} ${title}`);
    button.addEventListener('click', () => order(`/api/processes/${encodeURIComponent(id)}/${button.dataset.order}`, `${button.textContent.toLowerCase()} ${title}`));
  }
  row.querySelector('.log').setAttribute('aria-label', `Output of ${title}`);
  row.querySelector('details').addEventListener('toggle', () => showLog(id));
  state.rows.set(id, row);
  return row;
}

function show(id) {
  const process = state.processes.get(id);
  const row = state.rows.get(id) ?? makeRow(id);
  row.dataset.state = process.state;
  set(row.querySelector('.badge'), process.message);
  set(row.querySelector('.detail'), detail(process));
  const words = row.querySelector('.last-words');
  words.hidden = !process.output?.length;
  set(words, (process.output ?? []).map((line) => line.text).join('\n'));
  showFacts(process);
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showFacts(process) {
  const facts = [process.id];
  if (process.port !== null) facts.push(`port ${process.port}`);
  if (process.pid !== null) facts.push(`pid ${process.pid}`);
  if (process.running) facts.push(`up ${span(process.uptime + Math.floor((performance.now() - process.heard) / 1000))}`);
  if (process.generation > 0) facts.push(`generation ${process.generation}`);
  if (process.restarts > 0) facts.push(`${process.restarts} automatic restart${process.restarts === 1 ? '' : 's'}`);
  set(state.rows.get(process.id).querySelector('.facts'), facts.join(' · '));
}

function detail(process) {
  const { restart, survivors, evidence } = process;
  if (restart) return `Restarting at ${new Date(restart.at).toLocaleTimeString()} (${restart.attempt} of ${restart.max})`;
  if (survivors?.length) return `Still alive: ${survivors.map((one) => `${one.name} (pid ${one.pid})`).join(', ')}`;
  if (!evidence) return '';
  const proofs = [];
  if (evidence.line !== null) proofs.push(`it wrote “${evidence.line}”`);
  if (evidence.port !== null) proofs.push(`port ${evidence.port} accepts`);
  if (evidence.http !== null) proofs.push(`it answered ${evidence.http}`);
  return `Ready after ${evidence.afterMs} ms${proofs.length ? `: ${proofs.join(', ')}` : ''}`;
}

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor(seconds % 86400 / 3600)} h`;
}

function showSummary() {
  const all = [...state.processes.values()];
  const running = all.filter((process) => process.running).length;
  const summary = all.length === 0 ? '' : `${running} of ${all.length} running`;
  set(byId('summary'), summary);
  document.title = `${state.live ? summary || 'Ready' : 'Disconnected'} · Signalbox`;
}

function say(process) {
  byId(process.state === 'error' ? 'alarm' : 'said').textContent = `${process.title}: ${process.message}`;
}

async function showLog(id) {
  const row = state.rows.get(id);
  if (!row?.querySelector('details').open || !state.live) return;
  const answer = await fetch(`/api/processes/${encodeURIComponent(id)}/logs?tail=200`, { headers: headers() }).catch(() => null);
  if (!answer?.ok) return;
  const { lines } = await answer.json();
  const log = row.querySelector('.log');
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  set(log, lines.map((line) => line.text).join('\n') || 'No output yet.');
  if (atEnd) log.scrollTop = log.scrollHeight;
}

// ---- what is done

async function order(path, what) {
  if (!state.live) return;
  const answer = await fetch(path, { method: 'POST', headers: headers() }).catch(() => null);
  if (answer?.ok) return;
  const body = await answer?.json().catch(() => null);
  byId('alarm').textContent = `Could not ${what}: ${body?.error?.message ?? 'the server did not answer'}`;
}

function askForToken() {
  const form = byId('token-form');
  if (sessionStorage.getItem(TOKEN) !== null) byId('token-help').textContent = 'This is not the token of this server. It is in the file token of the data directory.';
  form.hidden = false;
  byId('lost').hidden = true;
  byId('connection-text').textContent = 'Token needed';
  byId('token').focus();
  return new Promise((done) => {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      sessionStorage.setItem(TOKEN, byId('token').value);
      byId('token').value = '';
      done();
    }, { once: true });
  });
}

byId('start-all').addEventListener('click', () => order('/api/proxy/start', 'start all'));
byId('stop-all').addEventListener('click', () => order('/api/proxy/stop', 'stop all'));
setInterval(() => {
  if (!state.live || document.hidden) return;
  for (const process of state.processes.values()) {
    if (process.running) showFacts(process);
    void showLog(process.id);
  }
}, 1_000);
void follow();
