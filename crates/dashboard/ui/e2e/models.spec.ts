import { expect, test } from './fixtures';
import { ward } from './patients';

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
  const problem = { title: 'Bad Gateway', detail: 'the model server does not respond' };

  test('the models page says so, and comes back', async ({ page }) => {
    let up = false;
    await page.route('**/api/models', (route) => (up ? route.fallback() : route.fulfill({ status: 502, json: problem })));
    await page.goto('/models');
    await expect(page.getByText('The models could not be loaded')).toBeVisible();
    await expect(page.getByText('Bad Gateway: the model server does not respond. The page keeps asking.')).toBeVisible();
    up = true;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByTestId('card')).toBeVisible();
  });
});

test.describe('after the end of the session', () => {
  test.use({ allowed: [/status of 401/] });

  test('the models are those of the last response, with their age, and the model server is not blamed', async ({ page, stage }) => {
    stage.direct(ward(2, stage.now()));
    await page.goto(`${stage.url}/models`);
    await expect(page.getByTestId('card')).toBeVisible();
    stage.signedOut = 'refusal';
    const note = page.getByRole('alert').filter({ hasText: /States and counts as of .* old\)/ });
    await expect(note).toContainText('Your session has ended: Reload the page to sign in again.');
    await expect(page.getByText('The model server does not respond')).toHaveCount(0);
  });
});
