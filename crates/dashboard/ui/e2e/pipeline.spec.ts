import { expect, test } from './fixtures';

test('the pipeline shows every service, lag per partition and the last hour', async ({ page }) => {
  await page.goto('/pipeline');
  const services = page.getByTestId('services').locator('h3');
  await expect(services).toHaveText(['producer', 'consumer', 'model-server']);
  await expect(page.getByTestId('services').getByText(/Ready$/)).toHaveCount(3, { timeout: 30_000 });
  await expect(page.getByTestId('partitions').getByRole('rowheader', { name: /^vitals \/ \d/ }).first()).toBeVisible();
  // Rates need two answers of a service.
  await expect(page.getByTestId('figure-archived')).toHaveText(/^\d[\d.\u202f]* \/s$/, { timeout: 30_000 });
  await expect(page.getByTestId('figure-produced')).toHaveText(/^\d[\d.\u202f]* \/s$/);
  await expect(page.getByTestId('figure-lag')).toHaveText(/^\d/);
  await expect(page.getByText(/Storage:.* files; .* left/)).toBeVisible();
});

test('a service that is down, and one that is not ready, are named with their reasons', async ({ page }) => {
  await page.route('**/api/pipeline', async (route) => {
    const response = await route.fetch();
    const pipeline = (await response.json()) as { services: object[] };
    const service = (name: string, health: string, reasons: string[]) => ({ service: name, url: `http://${name}:1`, health, ready: false, reasons, checked_ms: Date.now(), responded_ms: null });
    pipeline.services = [service('consumer', 'up', ['lake: no response']), service('producer', 'down', ['connection refused'])];
    await route.fulfill({ json: { ...pipeline, archives: [] } });
  });
  await page.goto('/pipeline');
  await expect(page.getByTestId('summary')).toContainText('2 of 2 services not ready: consumer, producer.');
  await expect(page.getByText('lake: no response')).toBeVisible();
  await expect(page.getByText('connection refused')).toBeVisible();
  await expect(page.getByText('No response since the dashboard started.')).toBeVisible();
  await expect(page.getByText('No consumer responds')).toBeVisible();
});

test('a response that does not come makes the pipeline old', async ({ page }) => {
  let held = false;
  await page.route('**/api/pipeline', (route) => (held ? undefined : route.fallback()));
  await page.goto('/pipeline');
  await expect(page.getByTestId('summary')).toBeVisible();
  held = true;
  await expect(page.getByText(/As of .* old\)/)).toBeVisible({ timeout: 40_000 });
});

test.describe('without a dashboard', () => {
  test.use({ allowed: [/status of 503/] });

  test('the pipeline is that of the last answer, with its age, or none', async ({ page }) => {
    let up = true;
    await page.route('**/api/pipeline', (route) => (up ? route.fallback() : route.fulfill({ status: 503, json: { title: 'Unavailable' } })));
    await page.goto('/pipeline');
    await expect(page.getByTestId('summary')).toBeVisible();
    up = false;
    await expect(page.getByText(/As of .* old\)/)).toBeVisible();
    await page.reload();
    await expect(page.getByText('The pipeline could not be read')).toBeVisible();
    up = true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByTestId('summary')).toBeVisible();
  });
});
