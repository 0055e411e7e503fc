import { test as base, expect, type Page } from '@playwright/test';
import { Stage } from './stage';

declare global {
  interface Window {
    vitalsViolations?: string[];
  }
}

/**
 * A page without errors: a console error, an uncaught exception or a violation of the content
 * security policy fails the test.
 */
export const test = base.extend<{ allowed: RegExp[]; stage: Stage }>({
  /** A proxy in front of the dashboard, or the ward itself. */
  stage: async ({}, use) => {
    const stage = new Stage();
    await stage.start();
    await use(stage);
    await stage.stop();
  },
  /** Errors that a test provokes on purpose. */
  allowed: [[], { option: true }],
  // It depends on the stage, which is therefore still there when the page is examined.
  page: async ({ page, allowed, stage }, use) => {
    void stage;
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
    await page.addInitScript(() => {
      window.vitalsViolations = [];
      addEventListener('securitypolicyviolation', (event) => {
        window.vitalsViolations?.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    await use(page);
    const violations = await page.evaluate(() => window.vitalsViolations ?? ['the violation listener is not installed']);
    const unexpected = faults.filter((fault) => !allowed.some((pattern) => pattern.test(fault)));
    expect(violations, 'content security policy violations').toEqual([]);
    expect(unexpected, 'errors in the console').toEqual([]);
  },
});

export { expect };

export const patientPath = (id: string): string => `/patients/${encodeURIComponent(id)}`;

/** Waits for a patient with a heart rate and returns the id. */
export async function firstPatient(page: Page): Promise<string> {
  let id = '';
  await expect
    .poll(async () => {
      const response = await page.request.get('/api/ward');
      const ward = (await response.json()) as { patients: { patient_id: string; vitals: { heart_rate?: unknown } }[] };
      id = ward.patients.find((patient) => patient.vitals.heart_rate)?.patient_id ?? '';
      return id;
    })
    .not.toBe('');
  return id;
}
