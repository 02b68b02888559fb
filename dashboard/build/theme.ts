import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HtmlTagDescriptor, Plugin } from 'vite';

const DEV_PATH = '/assets/theme.js';

/**
 * Puts the small script that chooses the theme before the first paint into the head, as a file of its own: the page's
 * policy forbids inline scripts, and a module would run too late.
 */
export function themeScript(file: string): Plugin {
  const source = () => readFileSync(file, 'utf8');
  const tag = (src: string): HtmlTagDescriptor[] => [{ tag: 'script', attrs: { src }, injectTo: 'head' }];
  const name = () => `assets/theme-${createHash('sha256').update(source()).digest('hex').slice(0, 8)}.js`;
  return {
    name: 'signalbox-theme',
    configureServer(server) {
      server.middlewares.use(DEV_PATH, (_request, response) => {
        response.setHeader('content-type', 'text/javascript');
        response.end(source());
      });
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: name(), source: source() });
    },
    transformIndexHtml: (_html, context) => tag(context.server ? DEV_PATH : `/${name()}`),
  };
}
