// What commands of the language server answer (docs/lsp.md). In: anything; out: the text to show.

export interface Answer {
  title: string;
  text: string;
  failed: boolean;
}

export const isAnswer = (v: unknown): v is Answer =>
  typeof v === "object" && v !== null && typeof (v as Answer).title === "string" && typeof (v as Answer).text === "string";

export const textOf = (answer: Answer): string => `${answer.title}\n\n${answer.text}`;
