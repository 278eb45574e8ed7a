// The page's data, as codegen/report/data.go writes it into <script id="data">.
// Values are canonical Extended JSON as text, since an object of JavaScript keeps
// neither the order of its fields nor two of one name.

export interface Data {
  title: string;
  program: string;
  /** What the two sides are called: "there", "wanted". */
  before: string;
  after: string;
  runs: Run[];
}

/** One weave in one environment. */
export interface Run {
  command: string;
  weave: string;
  environment: string;
  outcome: string;
  facts?: string[];
  sections: Section[];
}

/** One collection, or what is said of the whole run. */
export interface Section {
  name: string;
  /** Its name without the database. */
  collection?: string;
  facts?: string[];
  origin?: string;
  items: Item[];
}

export interface Item {
  /** insert, update, delete …, or what else it is: conflict, index, option. */
  action: string;
  sign: string;
  name: string;
  origin?: string;
  /** Sentences: the message of a conflict, its fix, a reason, a cause. */
  says?: string[];
  /** The page about a code. */
  code?: string;
  link?: string;
  from?: Source[];
  changes?: Change[];
  /** Whole documents. */
  beforeDocument?: string;
  afterDocument?: string;
  words?: Word[];
  /** The same for items of one collection of which the same is said, in several environments or databases. */
  same?: string;
}

/** Where a value came from. */
export interface Source {
  place: string;
  text?: string;
}

export interface Change {
  path: string;
  /** What else happened than another value: moved, lost, in another order. */
  note?: string;
  before?: string;
  after?: string;
  /** Names of secrets that were not given: there are no values then. */
  unknown?: string[];
  words?: Word[];
  from?: Source[];
  /** The same for long texts in which the same differs, whatever stands around it. */
  edit?: string;
}

/** A text in place of the value `of`, at names and positions within values. */
export interface Word {
  at: string[];
  of: string;
  text: string;
}

/** An item with where it stands. */
export interface Entry {
  item: Item;
  section: Section;
  run: Run;
  /** Its run has the collection in several databases. */
  several: boolean;
  /** All of its text, for searching; made when it is first needed. */
  text?: string;
}
