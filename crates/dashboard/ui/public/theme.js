// Runs before the first paint, so that the other theme never flashes.
try {
  const chosen = localStorage.getItem('vitals.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be blocked: the system's preference then applies.
}
