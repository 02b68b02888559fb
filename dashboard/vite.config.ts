import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compress } from './build/compress.ts';
import { proxyTo } from './build/proxy.ts';
import { themeScript } from './build/theme.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
/** The policy that the server sends with the page, so that a preview shows what it would forbid. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self' http://127.0.0.1:* http://localhost:*; manifest-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'";

const proxy = proxyTo(process.env.SIGNALBOX_URL ?? 'http://127.0.0.1:3002');

export default defineConfig({
  plugins: [react(), tailwindcss(), themeScript(path('src/app/theme-boot.js')), compress(path('dist'))],
  resolve: { alias: { '@': path('src') } },
  build: {
    target: ['chrome123', 'firefox128', 'safari18'],
    // The policy allows files of the page's own host alone; each stands under its hash.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // What the first page needs is one file: each further one costs a round trip and an evaluation of its own.
      output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
    },
  },
  server: { host: '127.0.0.1', proxy },
  preview: { host: '127.0.0.1', proxy, headers: { 'content-security-policy': POLICY } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], restoreMocks: true },
});
