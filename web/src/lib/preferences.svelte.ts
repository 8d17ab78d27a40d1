// The viewer's language and theme: from the browser at first, then as chosen; and whether lists renew themselves and posters
// are loaded, neither before it is chosen. Sets <html lang> and data-theme.

import { en, type Dictionary } from "./i18n/en";
import { es } from "./i18n/es";
import type { Language } from "./protocol";
import { recall, remember } from "./storage";

type Theme = "light" | "dark";

const dictionaries: Record<Language, Dictionary> = { en, es };

function firstLanguage(): Language {
  const chosen = recall("language");
  if (chosen === "en" || chosen === "es") return chosen;
  const spoken = navigator.languages.find((tag) => /^(en|es)\b/i.test(tag));
  return spoken?.toLowerCase().startsWith("es") ? "es" : "en";
}

class Preferences {
  language = $state<Language>(firstLanguage());
  theme = $state<Theme>("light");
  /** Whether the newest list renews itself once films were rated. */
  listsRenew = $state(recall("renews") === "yes");

  /** The host that posters may be loaded from. */
  postersFrom = $state(recall("posters"));

  readonly words: Dictionary = $derived(dictionaries[this.language]);
  readonly numbers = $derived(new Intl.NumberFormat(this.language));

  constructor() {
    const chosen = recall("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.theme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    dark.addEventListener("change", () => {
      if (recall("theme") === null) this.showTheme(dark.matches ? "dark" : "light");
    });
    this.showTheme(this.theme);
    document.documentElement.lang = this.language;
  }

  switchLanguage(): void {
    this.language = this.language === "en" ? "es" : "en";
    document.documentElement.lang = this.language;
    remember("language", this.language);
  }

  switchTheme(): void {
    this.showTheme(this.theme === "light" ? "dark" : "light");
    remember("theme", this.theme);
  }

  letListsRenew(wanted: boolean): void {
    this.listsRenew = wanted;
    remember("renews", wanted ? "yes" : null);
  }

  letPostersLoad(from: string | null): void {
    this.postersFrom = from;
    remember("posters", from);
  }

  private showTheme(theme: Theme): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
  }

  /** Stars as a person writes them: 4, 4.5 or 4,5. */
  stars(value: number): string {
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: 1 }).format(value);
  }

  /** A score, with as many digits as the ones it is listed with. */
  small(value: number): string {
    return new Intl.NumberFormat(this.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
  }

  percent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: "percent", maximumFractionDigits: 0 }).format(share);
  }

  milliseconds(value: number): string {
    if (value >= 1000) return `${new Intl.NumberFormat(this.language, { maximumFractionDigits: 1 }).format(value / 1000)} s`;
    const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
    return `${new Intl.NumberFormat(this.language, { maximumFractionDigits: digits }).format(value)} ms`;
  }

  genre(name: string): string {
    return this.words.genres[name] ?? name;
  }
}

export const preferences = new Preferences();

/** A film as it is named in a sentence. */
export function filmName({ title, year }: { title: string; year: number | null }): string {
  return year === null ? title : `${title} (${year})`;
}
