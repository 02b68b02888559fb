import type { ProxyOptions } from 'vite';

/**
 * Sends what is not the page's own to a running server. That server refuses calls of foreign pages, which the page of
 * Vite is to it; so each request is made to look like one of the server's own page.
 */
export function proxyTo(target: string): Record<string, ProxyOptions> {
  const { origin } = new URL(target);
  const options: ProxyOptions = {
    target: origin,
    changeOrigin: true,
    ws: true,
    configure(proxy) {
      proxy.on('proxyReq', (request) => request.setHeader('origin', origin));
      proxy.on('proxyReqWs', (request) => request.setHeader('origin', origin));
    },
  };
  return { '/api': options, '/socket.io': options, '/metrics': options };
}
