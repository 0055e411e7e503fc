import { expect, test } from './fixtures';

test('the models page shows the active version, its card and another one by choice', async ({ page }) => {
  await page.goto('/models');
  const versions = page.getByTestId('versions');
  await expect(versions.getByText('● active')).toHaveCount(1);
  const { active } = (await (await page.request.get('/api/models')).json()) as { active: { name: string; version: string } };
  await expect(page.getByRole('heading', { name: `${active.name} ${active.version}` })).toBeVisible();
  const card = (await (await page.request.get(`/api/models/${active.name}/versions/${active.version}/card`)).json()) as {
    thresholds: object[];
    performance: { roc_auc: { value: number } };
    importance: object[];
  };
  await expect(page.getByLabel('Thresholds', { exact: true }).locator('tbody tr')).toHaveCount(card.thresholds.length);
  await expect(page.getByLabel('Performance', { exact: true })).toContainText(card.performance.roc_auc.value.toFixed(3));
  await expect(page.getByTestId('importance').locator('dt')).toHaveCount(card.importance.length);
  await expect(page.getByTestId('log')).toContainText(/\d delivered/);
  const other = versions.getByRole('button', { pressed: false }).first();
  const name = ((await other.getAttribute('aria-label')) ?? '').replace('Show ', '');
  await other.click();
  await expect(page).toHaveURL(/model=/);
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: `${active.name} ${active.version}` })).toBeVisible();
});

test('without a model, the page explains how to train one', async ({ page }) => {
  await page.route('**/api/models', (route) => route.fulfill({ json: { active: null, shadow: null, models: [] } }));
  await page.goto('/models');
  await expect(page.getByText('No model is saved')).toBeVisible();
});

test.describe('without a model server', () => {
  test.use({ allowed: [/status of 502/] });

  test('the models page says so, and comes back', async ({ page }) => {
    let up = false;
    await page.route('**/api/models', (route) => (up ? route.fallback() : route.fulfill({ status: 502, json: { title: 'Bad Gateway' } })));
    await page.goto('/models');
    await expect(page.getByText('The model server does not respond')).toBeVisible();
    up = true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByTestId('card')).toBeVisible();
  });
});
