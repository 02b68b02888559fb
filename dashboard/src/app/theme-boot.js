// Runs before the first paint. Without a choice the system's theme holds, by `color-scheme` alone.
(() => {
  try {
    const theme = localStorage.getItem('signalbox.theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is forbidden: the system's theme holds.
  }
})();
