/** Announces sentences to screen readers that no element on the page announces. */
class Announcer {
  text = $state('');

  announce(sentences: readonly string[]): void {
    if (sentences.length > 0) this.text = sentences.slice(0, 3).join('. ');
  }
}

export const announcer = new Announcer();
