/** Sentences for screen readers that nothing on the screen would announce by itself. */
class Announcer {
  text = $state('');

  say(sentences: readonly string[]): void {
    if (sentences.length > 0) this.text = sentences.slice(0, 3).join('. ');
  }
}

export const announcer = new Announcer();
