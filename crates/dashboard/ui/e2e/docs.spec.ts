import { expect, test } from './fixtures';

/** The model server that the dashboard asks; it has to be running. */
const modelServer = process.env.MODEL_SERVER_URL ?? 'http://127.0.0.1:8000';

test('every request of the model server’s API page works as it is filled in', async ({ page }) => {
  await page.goto(`${modelServer}/docs`);
  const operations = page.locator('details');
  await expect(operations.first()).toBeVisible();
  expect(await operations.count()).toBeGreaterThan(25);
  for (const operation of await operations.all()) {
    const summary = operation.locator('summary');
    const name = await summary.innerText();
    // Others ask the model.
    if (name.includes('/unload')) continue;
    await summary.click();
    await operation.getByRole('button', { name: 'Send' }).click();
    await expect(operation.locator('pre'), name).toHaveText(/^200 after/);
  }
});
