// `config check` and `config show`.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, scratch } from '../lib/harness.mjs';

/** @param {string} text @param {string[]} [args] */
async function check(text, args = ['config', 'check']) {
  const { directory, remove } = await scratch();
  try {
    const file = join(directory, 'signalbox.toml');
    await writeFile(file, text);
    return { ...await run([...args, file], { cwd: directory, env: { HOME: directory } }), file };
  } finally {
    await remove();
  }
}

/**
 * Refused with file, line and column.
 * @param {string} what @param {string} text @param {[number, number | null]} place @param {RegExp[]} patterns
 */
function refused(what, text, [line, column], ...patterns) {
  test(what, async () => {
    const ended = await check(text);
    assert.equal(ended.code, 2, ended.stderr + ended.stdout);
    const at = new RegExp(`signalbox\\.toml:${line}:${column ?? '\\d+'}\\b`);
    assert.match(ended.stderr + ended.stdout, at);
    for (const pattern of patterns) assert.match(ended.stderr + ended.stdout, pattern);
    assert.doesNotMatch(ended.stderr, /panicked/);
  });
}

const A = '[process.a]\ncommand = ["x"]\n';

test('what is right', async () => {
  const ended = await check(`[server]\nlisten = "127.0.0.1:0"\nallowed_origins = ["http://x.example"]\n
[process.myServer]
title = "My server"
command = ["prog", "--port", "{port}"]
cwd = "."
env = { KEY = "value" }
port = 4000
autostart = false
primary = true
ready.stdout = "listening on {port}"
ready.http = "/health"
ready.tcp = true
ready.timeout = "30s"
stop.signal = "SIGTERM"
stop.timeout = "10s"
restart.policy = "on-failure"
restart.max = 5
restart.window = "60s"
restart.backoff = "200ms"
restart.backoff_max = "10s"
liveness.http = "/health"
liveness.interval = "5s"
liveness.timeout = "2s"
liveness.failures = 3

[process.other]
command = "echo one && sleep 5"
after = ["myServer"]

[process.router]
builtin = "provider-router"
port = 4001
`);
  assert.equal(ended.code, 0, ended.stderr);
});

refused('an unknown key, with the nearest name', `${A}prot = 4000\n`, [3, 1], /prot/, /\bport\b/);
refused('an unknown key of a condition', `${A}ready.stdot = "x"\n`, [3, null], /stdot/, /\bstdout\b/);
refused('an unknown key of the server', `[server]\nlistn = "127.0.0.1:1"\n${A}`, [2, 1], /listn/, /\blisten\b/);
refused('an unknown table', `[sever]\nlisten = "127.0.0.1:1"\n${A}`, [1, null], /sever/, /\bserver\b/);
refused('a wrong type', `${A}port = "4000"\n`, [3, null], /port/);
refused('a wrong type inside', `${A}env = { A = 1 }\n`, [3, null]);
refused('a port out of range', `${A}port = 70000\n`, [3, null]);
refused('a duration without a unit', `${A}stop.timeout = "10"\n`, [3, null]);
refused('a duration that is none', `${A}ready.timeout = "soon"\n`, [3, null]);
refused('a signal that is none', `${A}stop.signal = "SIGTREM"\n`, [3, null], /SIGTREM/, /SIGTERM/);
refused('a policy that is none', `${A}restart.policy = "allways"\n`, [3, null], /allways/, /\balways\b/);
refused('a regular expression that is none', `${A}ready.stdout = "("\n`, [3, null]);
refused('no command', '[process.a]\ntitle = "x"\n', [1, null], /command/);
refused('an empty command', '[process.a]\ncommand = []\n', [2, null], /command/);
refused('command and builtin', '[process.a]\ncommand = ["x"]\nbuiltin = "qwen-proxy"\n', [3, null], /builtin|command/);
refused('a builtin that is none', '[process.a]\nbuiltin = "qwen-prox"\n', [2, null], /qwen-proxy/);
refused('an id that is none', '[process."1a"]\ncommand = ["x"]\n', [1, null], /1a/);
refused('a duplicate port', `${A}port = 4000\n\n[process.b]\ncommand = ["x"]\nport = 4000\n`, [7, null], /4000/, /\ba\b/);
refused('a cycle', `${A}after = ["b"]\n[process.b]\ncommand = ["x"]\nafter = ["c"]\n[process.c]\ncommand = ["x"]\nafter = ["a"]\n`, [3, null], /\ba\b/, /\bb\b/, /\bc\b/);
refused('a cycle of one', `${A}after = ["a"]\n`, [3, null], /\ba\b/);
refused('after what is not there, with the nearest id', '[process.qwenProxy]\ncommand = ["x"]\n[process.b]\ncommand = ["x"]\nafter = ["qwenproxi"]\n', [5, null], /qwenproxi/, /qwenProxy/);
refused('ready.http without a port', `${A}ready.http = "/health"\n`, [3, null], /port/);
refused('TOML that is none', '[process.a\ncommand = ["x"]\n', [1, null]);
refused('a key twice', `${A}command = ["y"]\n`, [3, null]);

test('every fault is told, not the first alone', async () => {
  const ended = await check('[server]\nlisten = 5\n[process.a]\ncommand = ["x"]\nprot = 1\nstop.timeout = "soon"\n');
  assert.equal(ended.code, 2);
  for (const line of [2, 5, 6]) assert.match(ended.stderr + ended.stdout, new RegExp(`signalbox\\.toml:${line}:`));
});

test('a file that is not there', async () => {
  const ended = await run(['config', 'check', '/nowhere/signalbox.toml']);
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /\/nowhere\/signalbox\.toml/);
});

const SECRETS = ['MY_KEY', 'ACCESS_TOKEN', 'A_SECRET_B', 'DB_PASSWORD', 'COOKIE_JAR', 'CREDENTIALS', 'api_key'];

test('config show: effective, secrets masked', async () => {
  const { directory, remove } = await scratch();
  try {
    const env = SECRETS.map((name, i) => `${name} = "hidden-value-${i}"`).join(', ');
    await writeFile(join(directory, 'signalbox.toml'), `${A}env = { ${env}, PLAIN = "plain-value" }\nstop.timeout = "7s"\n`);
    for (const args of [['config', 'show'], ['config', 'show', '--json']]) {
      const ended = await run(args, { cwd: directory, env: { HOME: directory } });
      assert.equal(ended.code, 0, ended.stderr);
      assert.doesNotMatch(ended.stdout, /hidden-value/);
      assert.match(ended.stdout, /plain-value/);
      for (const name of SECRETS) assert.match(ended.stdout, new RegExp(name));
    }
  } finally {
    await remove();
  }
});

test('where it is looked for: SIGNALBOX_CONFIG, ./signalbox.toml, XDG_CONFIG_HOME, the built-in one', async () => {
  const { directory, remove } = await scratch();
  try {
    const xdg = join(directory, 'xdg');
    await mkdir(join(xdg, 'signalbox'), { recursive: true });
    await mkdir(join(directory, 'here'));
    const show = async (/** @type {Record<string, string>} */ env, cwd = directory) => (await run(['config', 'show'], { cwd, env: { HOME: directory, XDG_CONFIG_HOME: join(directory, 'none'), ...env } })).stdout;
    const builtIn = await show({});
    assert.match(builtIn, /qwenProxy/);
    assert.match(builtIn, /providerRouter/);
    await writeFile(join(xdg, 'signalbox', 'signalbox.toml'), '[process.fromXdg]\ncommand = ["x"]\n');
    assert.match(await show({ XDG_CONFIG_HOME: xdg }), /fromXdg/);
    await writeFile(join(directory, 'here', 'signalbox.toml'), '[process.fromHere]\ncommand = ["x"]\n');
    const here = await show({ XDG_CONFIG_HOME: xdg }, join(directory, 'here'));
    assert.match(here, /fromHere/);
    assert.doesNotMatch(here, /fromXdg|qwenProxy/);
    await writeFile(join(directory, 'given.toml'), '[process.fromEnv]\ncommand = ["x"]\n');
    assert.match(await show({ SIGNALBOX_CONFIG: join(directory, 'given.toml') }, join(directory, 'here')), /fromEnv/);
  } finally {
    await remove();
  }
});
