// Written by tools/describe_api.py from docs/openapi.json.

export interface Because {
  reason: string;
}

export interface CallPage {
  row: CallRow;
  answered_at: number | null;
  language: string;
  sha256: string;
  certificate: string;
  consent: string;
  transfers: Array<string>;
  looked_up: Array<[string, string]>;
  warnings: Array<Warned>;
  lines: Array<Line>;
  markers: Array<Marker>;
  length: number;
  trouble: string;
  crashed: boolean;
  running: boolean;
  kept_as: string;
  kept_until: number;
  erasable_from: number;
  holds: Array<string>;
  erasure_asked: boolean;
  revealed: boolean;
}

export interface CallRow {
  call: string;
  started_at: number;
  seconds: number | null;
  caller: string;
  called: string;
  dialplan: string;
  outcome: string;
  identity: string;
  agents: Array<string>;
  flags: Array<Flag>;
  recorded: boolean;
}

export interface Challenge {
  options: string;
}

export interface Chosen {
  secret: string;
  password: string;
}

export interface Code {
  next?: string;
  code: string;
  uri?: string;
}

export interface Done {
  message: string;
  to?: string;
}

export interface Drawn {
  seconds: number;
  each: number;
  channels: Record<string, Array<number>>;
}

export interface Fault {
  status: number;
  title: string;
  message: string;
}

export interface Figure {
  name: string;
  calls: number;
  path: string;
}

export interface Flag {
  name: string;
  meaning: string;
}

export interface ForExporter {
  reason: string;
  exporter: string;
}

export interface ForMatter {
  reason: string;
  name: string;
}

export interface Found {
  calls: Array<CallRow>;
  damaged: number;
  after: string;
  narrowed: boolean;
}

export interface HTTPValidationError {
  detail?: Array<ValidationError>;
}

export interface HoldCall {
  reason: string;
  name: string;
  call: string;
}

export interface Kept {
  name: string;
  earliest_days: number;
  latest_days: number;
  source: string;
  default: boolean;
  dialplans: Array<string>;
}

export interface Line {
  who: string;
  begins: number;
  ends: number;
  text: string;
  language: string;
  confidence: number | null;
  choice: string | null;
  whole: boolean;
  warning: string | null;
}

export interface Log {
  entries: Array<Row>;
  before: number;
  actions: Array<string>;
  narrowed: boolean;
}

export interface Made {
  call: string;
  code: string;
  text: string;
}

export interface Marker {
  at: number;
  ends: number | null;
  kind: string;
  what: string;
}

export interface More {
  reason: string;
  erasures: number;
}

export interface OfCall {
  reason: string;
  call: string;
}

export interface PasskeyAnswer {
  next?: string;
  answer: string;
}

export interface Password {
  next?: string;
  name: string;
  password: string;
}

export interface Preferences {
  language?: string;
  theme?: "" | "light" | "dark";
  back?: string;
}

export interface Proof {
  entry: number;
  call: string;
  at: number;
  by: string;
  reason: string;
  sha256: string;
  due: boolean;
}

export interface Retention {
  classes: Array<Kept>;
  holds: Array<Stands>;
  requests: Array<Stands>;
  erasures: Array<Proof>;
  before: number;
}

export interface Row {
  number: number;
  at: number;
  actor: string;
  action: string;
  subject: string;
  outcome: string;
  reason: string;
  said: string;
}

export interface Run {
  ticket: string;
  over: boolean;
  erased: number;
  lines: Array<string>;
  failed: Array<string>;
  fault: Fault | null;
}

export interface Stands {
  call: string;
  hold: string;
  entry: number;
  at: number;
  by: string;
  reason: string;
}

export interface ToCheck {
  receipt?: string;
  code?: string;
}

export interface ToExport {
  reason: string;
  recipients?: string;
}

export interface ToVerify {
  against?: string;
  roots?: string;
}

export interface ValidationError {
  loc: Array<string | number>;
  msg: string;
  type: string;
  input?: unknown;
  ctx?: unknown;
}

export interface Verification {
  checkpoint: string;
  key: string;
  ticket?: string;
  done?: number;
  of?: number;
  over?: boolean;
  found?: Verified | null;
  fault?: Fault | null;
}

export interface Verified {
  size: number;
  root: string;
  checkpoint: string;
  roles: number;
  holders: number;
  warnings: string;
  other: Array<[number, string]>;
  against: boolean;
  stamps: Array<[number, number]> | null;
}

export interface Warned {
  name: string;
  language: string;
  begins: number;
  ends: number;
  plays: number;
  loss: number | null;
  packets: number;
  acknowledged_by: string;
  answer: string;
  as_published: boolean | null;
}

export interface WarnedRow {
  day: string;
  version: string;
  warning: string;
  calls: number;
  figures: Array<Figure>;
}

export interface WarningsPage {
  since: string;
  until: string;
  names: Record<string, string>;
  together: Array<WarnedRow>;
  days: Array<WarnedRow>;
  unread: Array<string>;
}

export interface ivr__apps__web__pages__audit__Opened {
  row: Row;
  text: string;
  details: string;
  leaf: string;
  path: Array<string>;
  root: string;
  size: number;
  checkpoint: string;
  previous: number | null;
  next: number | null;
}

export interface ivr__apps__web__pages__calls__Nothing {
}

export interface ivr__apps__web__pages__calls__Opened {
  url: string;
  seconds: number;
}

export interface ivr__apps__web__pages__retention__Nothing {
}
