// The pages of the contract, and what a person finds on each as its first heading.

/** @type {Array<{path: string, title: RegExp, name: string}>} */
export const PAGES = [
  { path: '/', title: /^Processes$/, name: 'processes' },
  { path: '/processes/a', title: /^Alpha$/, name: 'process' },
  { path: '/logs', title: /^Logs$/, name: 'logs' },
  { path: '/providers', title: /^Providers$/, name: 'providers' },
  { path: '/models', title: /^Models$/, name: 'models' },
  { path: '/requests', title: /^Requests$/, name: 'requests' },
  { path: '/chat', title: /^Chat$/, name: 'chat' },
  { path: '/settings', title: /^Settings$/, name: 'settings' },
  { path: '/no-such-page', title: /no such page/i, name: 'unknown' },
];

export const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 375, height: 740 } };
