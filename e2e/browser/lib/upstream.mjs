// An OpenAI-compatible server that answers word by word, in the test's own process.
import http from 'node:http';

/** @param {{words?: string[], hang?: boolean}} [options] `hang`: after the first word nothing comes any more */
export async function upstream({ words = ['Good ', 'morning', '!'], hang = false } = {}) {
  /** @type {Array<{authorization: string | undefined, body: any}>} */
  const asked = [];
  let gone = 0;
  const chunk = (/** @type {object} */ delta, /** @type {string | null} */ end) => `data: ${JSON.stringify({
    id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'tiny', choices: [{ index: 0, delta, finish_reason: end }],
  })}\n\n`;
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    if (request.url?.endsWith('/models')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data: [{ id: 'tiny', object: 'model', created: 1, owned_by: 'test' }] }));
      return;
    }
    asked.push({ authorization: request.headers.authorization, body: JSON.parse(text || 'null') });
    response.on('close', () => { if (!response.writableFinished) gone += 1; });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: words[0] }, null));
    if (hang) return;
    for (const word of words.slice(1)) response.write(chunk({ content: word }, null));
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  });
  server.unref();
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/v1`, asked, get gone() { return gone; },
    close: () => { server.closeAllConnections(); server.close(); },
  };
}
