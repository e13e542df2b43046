// Written by tools/describe_api.py from docs/openapi.json.

export interface Account {
  reason: string;
  account: string;
  source?: string;
}

export interface AccountPin {
  reason: string;
  account: string;
  pin: string;
}

export interface AccountSeed {
  reason: string;
  account: string;
  seed: string;
}

export interface AccountShown {
  pin_at: number | null;
  code: boolean;
  locked: boolean;
}

export interface AccountsPage {
}

export interface AddressRow {
  uri: string;
  there: boolean;
  answers_ms: number;
}

export interface Again {
  call: string;
  at: number;
  served_by: string;
  kind: string;
  partings: Array<Parted>;
}

export interface Against {
  reason: string;
  review: string;
}

export interface AgentEnrolment {
  name: string;
  recordings: Array<string>;
  consent: string;
}

export interface AgentFigures {
  logged_in_seconds?: number;
  busy_seconds?: number;
  talk_seconds?: number;
  paused_seconds?: number;
  calls?: number;
  missed?: number;
}

export interface AgentNow {
  name: string;
  state: string;
  since: number;
  reason: string;
  by: string;
  calls: number;
  call: string;
}

export interface AgentVoicesPage {
  voices: Array<VoiceRow>;
  outdated: number;
}

export interface Agents {
  agents: Array<ivr__apps__web__pages__agents__AgentRow>;
}

export interface Agreement {
  pairs: number;
  agreed: number;
  kappa: number | null;
  low: number | null;
  high: number | null;
}

export interface AgreementPage {
  calls: number;
  together: Agreement;
  reviewers: Array<ivr__engine__office__reviews__Compared>;
  questions: Array<ivr__engine__office__reviews__Compared>;
}

export interface AlarmNow {
  id: string;
  at: number;
  kind: string;
  text: string;
}

export interface AlarmRaised {
  at: number;
  kind: string;
  text: string;
  call_id?: string | null;
  id?: string;
  by?: string;
  acknowledged_at?: number;
  reason?: string;
}

export interface AlarmRow {
  at: number;
  kind: string;
  text: string;
}

export interface Alarms {
  open: Array<AlarmRaised>;
  settled: Array<AlarmRaised>;
}

export interface AlertShown {
  rule: string;
  severity: string;
  what: string;
  words: string;
  say: string;
  at: number;
  speaker: string;
  confidence: number;
}

export interface Alerted {
  rule: string;
  severity: string;
  what: string;
  say: string;
  speaker: string;
  first_sample: number;
  last_sample: number;
  confidence: number;
}

export interface Answer {
}

export interface Answers {
  answers?: Record<string, Answer>;
  notes?: string;
  agent?: string;
  card?: string;
}

export interface AppealOutcome {
}

export interface ApproveChange {
  reason: string;
  person: string;
  role: Role;
  change: "grant" | "revoke";
  changer: string;
}

export interface ApproveLift {
  reason: string;
  rule: "export" | "publish" | "roles" | "watchlist";
  lifter: string;
}

export interface ApprovedEntry {
  name: string;
  reason: string;
  recordings: Array<string>;
  days?: number;
  adder: string;
}

export interface Asked {
  name: string;
  text: string;
  weight: number;
  critical: boolean;
  answer?: string;
  machine?: string;
}

export interface Away {
  agent?: string;
  reason: string;
}

export interface BackTo {
  reason: string;
  publication: string;
}

export interface BackToFor {
  reason: string;
  publication: string;
  publisher: string;
}

export interface Because {
  reason: string;
}

export interface Board {
  waiting: number;
  oldest: number | null;
  answered: number;
  abandoned: number;
  level: number | null;
  states: Array<[string, number]>;
  queues: Array<QueueNow>;
  agents: Array<AgentNow>;
  mailboxes: Array<MailboxNow>;
  alarms: Array<AlarmNow>;
}

export interface CallLive {
  id: string;
  call: CallNow | null;
  words: Words | null;
  phones: Array<string>;
}

export interface CallNow {
  call: string;
  caller: string;
  called: string;
  dialplan: string;
  started_at: number;
  state: string;
  since: number;
  states: Array<string>;
  language: string;
  identity: string;
  identity_by: string;
  consent: string;
  flags: Array<Flag>;
  agents: Array<[string, string]>;
  queue: string;
  place: number;
  called_back: boolean;
  missing?: Array<string>;
  risk?: RiskShown | null;
  readings?: Array<ReadingStands>;
  alerts?: Array<Alerted>;
}

export interface CallPage {
  row: CallRow;
  answered_at: number | null;
  language: string;
  sha256: string;
  certificate: string;
  consent: string;
  transfers: Array<string>;
  vouched_for: boolean;
  attested: string;
  withheld: boolean;
  diverted: Array<string>;
  looked_up: Array<[string, string]>;
  warnings: Array<ivr__apps__web__call_view__Warned>;
  lines: Array<ivr__apps__web__call_view__Line>;
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
  notes: Array<NoteShown>;
  alerts: Array<AlertShown>;
  blind: boolean;
  risk?: RiskShown | null;
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
  demo: boolean;
}

export interface CallbackResult {
}

export interface CallbackWaits {
  callback: string;
  queue: string;
  language: string;
  at: number;
  note: string;
  number?: string;
}

export interface CallbacksPage {
  taken: Array<CallbackWaits>;
  waiting: Array<CallbackWaits>;
  results: Array<string>;
}

export interface CallsNow {
  calls: Array<CallNow>;
}

export interface Cancelled {
  reason: string;
  callback: string;
}

export interface Card {
  reason: string;
  text: string;
}

export interface CardFor {
  reason: string;
  text: string;
  publisher: string;
}

export interface CardShown {
  name: string;
  version: string;
  at: number;
  by: string;
  approved_by: string;
  entry: number;
  pass_from: number;
  queues: Array<string>;
  languages: Array<string>;
  questions: Array<Asked>;
}

export interface CardsPage {
  cards: Array<CardShown>;
}

export interface Cell {
  text: string;
  number?: number | null;
  percent?: boolean;
  link?: string;
}

export interface CellRow {
  cell: number;
  state: string;
  calls_served: number;
}

export interface Challenge {
  options: string;
}

export interface Change {
  reason: string;
  rules: string;
  against: string;
  last?: number;
  days?: number;
}

export interface ChangeRole {
  reason: string;
  person: string;
  role: Role;
}

export interface ChangeRule {
  reason: string;
  rule: "export" | "publish" | "roles" | "watchlist";
}

export interface ChangedAccount {
  reason: string;
  account: string;
}

export interface Changes {
  row: DraftRow;
  compared: ivr__engine__office__draft_trials__Compared | null;
  told: Array<Told>;
}

export interface Checked {
  row: DraftRow;
  told: Array<Told>;
  remarks: Array<string>;
  story: Array<string>;
  rules: Array<string>;
  proved: boolean;
  sound: boolean;
  states: number;
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

export interface CodePage {
  code: string;
  call: string;
  entry: number;
  sha256: string;
}

export interface Conflict {
  row: DraftRow;
  part: string;
  yours: string;
  difference: Array<string>;
  message: string;
}

export interface Contact {
  at: number;
  outcome: string;
  agents: Array<string>;
}

export interface DeskNow {
  agent: string;
  state: string;
  since: number;
  reason: string;
  by: string;
  today: AgentFigures;
  queue: string;
  call: CallNow | null;
  scene: string;
  ways: Array<string>;
  words: Words | null;
  warnings: Array<ivr__apps__web__pages__desk__Warned>;
  places: Array<string>;
  contacts: Array<Contact>;
  script: string;
  script_language: string;
  colleagues: Array<[string, string]>;
  reasons: Array<string>;
  owes: string;
  dispositions: Array<string>;
  browser?: boolean;
}

export interface DialplansPage {
  lines: Array<LineRow>;
  drafts: Array<DraftRow>;
  running: Array<RunningCalls> | null;
  past: Array<PastRow>;
}

export interface DiskRow {
  what: string;
  free: number;
  of: number;
  low: boolean;
}

export interface Done {
  message: string;
  to?: string;
}

export interface DraftPage {
  row: DraftRow;
  numbers_of: string;
  parts: Array<string>;
  part: string;
  text: string;
}

export interface DraftRow {
  id: string;
  name: string;
  revision: number;
  saved_at: number;
  saved_by: string;
  authors: Array<string>;
}

export interface Duty {
  role: string;
  duty: string;
  holders: Array<string>;
}

export interface Enrolment {
  customer: string;
  recordings: Array<string>;
  consent: string;
  keeps_audio?: boolean;
  machine?: boolean;
}

export interface EntryRow {
  name: string;
  added_at: number;
  until: number;
  by: string;
  why: string;
  model: string;
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

export interface FigurePage {
  name: string;
  title: string;
  figure: string;
  counts: Array<string>;
  since: string;
  until: string;
  count: number;
  calls: Array<CallRow>;
  page: number;
  more: boolean;
  unopened: number;
}

export interface Finding {
  call: string;
  at: number;
  change: string;
  severity: string;
  rule: string;
  what: string;
  words: string;
  speaker: string;
  confidence: number;
  source: string;
}

export interface FindingsPage {
  call: string;
  read_at: number;
  rules: Array<string>;
  older: boolean;
  found: Array<FoundShown>;
  failed: Array<string>;
  utterances: number;
}

export interface Flag {
  name: string;
  meaning: string;
}

export interface ForExporter {
  reason: string;
  exporter: string;
}

export interface ForGiver {
  reason: string;
  name: string;
  giver: string;
}

export interface ForMatter {
  reason: string;
  name: string;
}

export interface ForPublisher {
  reason: string;
  publisher: string;
}

export interface Form {
}

export interface Found {
  calls: Array<CallRow>;
  damaged: number;
  after: string;
  narrowed: boolean;
}

export interface FoundShown {
  rule: string;
  severity: string;
  source: string;
  what: string;
  words: string;
  at: number;
  speaker: string;
  confidence: number;
}

export interface Getting {
  ticket: string;
  name: string;
  done: number;
  of: number;
  over: boolean;
  fault: Fault | null;
}

export interface HTTPValidationError {
  detail?: Array<ValidationError>;
}

export interface Health {
  runs: boolean;
  why: string;
  since: number | null;
  parts: Array<Part>;
  cells: Array<CellRow>;
  states: Record<string, number>;
  disks: Array<DiskRow>;
  alarms: Array<AlarmRow>;
  trunks: Array<TrunkRow>;
  has_edge: boolean;
}

export interface Here {
  agent?: string;
  call?: string;
}

export interface HoldCall {
  reason: string;
  name: string;
  call: string;
}

export interface InspectionPage {
  most: number;
}

export interface Kept {
  name: string;
  earliest_days: number;
  latest_days: number;
  source: string;
  default: boolean;
  dialplans: Array<string>;
}

export interface KeyRow {
  kek_id: string;
  made_at: number;
  active: boolean;
  used_by: Array<[string, number]> | null;
}

export interface Keys {
  keys: Array<KeyRow>;
  recovery: string;
}

export interface Kind {
}

export interface Known {
  agent?: string;
  call?: string;
  reason: string;
}

export interface LastCalls {
  reason: string;
  last?: number;
}

export interface Latest {
  calls: Array<CallRow>;
  damaged: Array<[string, string]>;
}

export interface LineRow {
  name: string;
  file: string;
  numbers: Array<string>;
  version: string;
  sha256: string;
  since: number;
  by: string;
  approved_by: string;
  on_disk: boolean;
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

export interface MadeToken {
  name: string;
  secret: string;
  until: number;
}

export interface MailboxNow {
  name: string;
  calls: number;
  oldest: number;
  call: string;
}

export interface MakeToken {
  reason: string;
  name: string;
  scopes?: Array<string>;
  days?: number;
}

export interface ManyAccounts {
  reason: string;
  accounts: string;
}

export interface Marker {
  at: number;
  ends: number | null;
  kind: string;
  what: string;
}

export interface MayBecause {
  reason?: string;
}

export interface Mine {
  agent?: string;
}

export interface ModelRow {
  name: string;
  language: string;
  megabytes: number;
  note: string;
  installed: boolean;
}

export interface Models {
  models: Array<ModelRow>;
}

export interface More {
  reason: string;
  erasures: number;
}

export interface NamedAccount {
  account: string;
}

export interface NewEntry {
  name: string;
  reason: string;
  recordings: Array<string>;
  days?: number;
}

export interface NewTarget {
  reason: string;
  name: string;
  url: string;
  events?: Array<string>;
  secret: string;
  inside?: boolean;
}

export interface NoteShown {
  agent: string;
  at: number;
  disposition: string;
  text: string;
}

export interface OfAgent {
  name: string;
}

export interface OfCall {
  reason: string;
  call: string;
}

export interface OfCustomer {
  customer: string;
}

export interface OfEntry {
  name: string;
  reason: string;
}

export interface OfFile {
  file: string;
}

export interface OfKey {
  kek_id: string;
}

export interface OfModel {
  name: string;
}

export interface OfTarget {
  name: string;
}

export interface OfToken {
  reason: string;
  name: string;
}

export interface OfUser {
  reason: string;
  name: string;
}

export interface OnTheLine {
  agent: string;
  phone: string;
}

export interface OneTimeLink {
  person: string;
  url: string;
  until: number;
}

export interface OwnCall {
  token: string;
  known?: number;
}

export interface OwnCallShown {
  call: string;
  started_at: number;
  seconds: number;
  caller: string;
  queue: string;
  dispositions: Array<string>;
  required: boolean;
  written_at: number | null;
  disposition: string;
  notes: string;
}

export interface OwnCallWords {
  running: boolean;
  lines: Array<ivr__apps__web__call_view__Line>;
  hearing: string;
  saying: string;
  withheld: string;
}

export interface OwnCallsPage {
  calls: Array<OwnCallShown>;
}

export interface OwnReviews {
  reviews: Array<ReviewShown>;
}

export interface Part {
  name: string;
  well: boolean;
  told: string;
}

export interface Parted {
  at: number;
  state: string;
  then: string;
  now: string;
  kind: string;
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

export interface PastRow {
  id: string;
  at: number;
  by: string;
  reason: string;
  approved_by: string;
  dialplans: Array<string>;
  live: boolean;
}

export interface Paused {
  reason: string;
  name: string;
}

export interface PhoneHere {
  url: string;
  agent: string;
  realm: string;
  password: string;
}

export interface Preferences {
  language?: string;
  theme?: "" | "light" | "dark";
  back?: string;
}

export interface PrintedTable {
  title: string;
  heads: Array<string>;
  rows: Array<Array<Cell>>;
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

export interface PutAgent {
  name: string;
  password?: string;
  uri?: string;
  queues?: string;
  skills?: string;
  tier?: number;
  weight?: number;
  extension?: string;
  ring?: number | null;
  user?: string;
}

export interface QueueNow {
  name: string;
  waiting: number;
  oldest: number | null;
  offered: number;
  answered: number;
  abandoned: number;
  refused: number;
  target: number;
  level_of_all: number | null;
  level_without_short: number | null;
  answer_seconds: number | null;
}

export interface QueueReport {
  since: string;
  until: string;
  queues: Array<QueueRow>;
  agents: Array<ivr__apps__web__pages__queues__AgentRow>;
}

export interface QueueRow {
  at: number | null;
  name: string;
  offered: number;
  answered: number;
  abandoned: number;
  refused: number;
  went: number;
  level_of_all: number | null;
  level_without_short: number | null;
  answer_seconds: number | null;
  handling_seconds: number | null;
  longest_seconds: number;
}

export interface QueueSet {
  name: string;
  set: Record<string, string>;
  hours: Record<string, string>;
}

export interface QueuesSet {
  queues: Array<QueueSet>;
}

export interface Reading {
  ticket: string;
  kind: string;
  over: boolean;
  calls: number;
  changed: number;
  counts: Array<[string, number]>;
  found: Array<Finding>;
  more: number;
  failed: Array<[string, string]>;
  damaged: Array<[string, string]>;
  fault: Fault | null;
}

export interface ReadingStands {
  disclosure: string;
  language: string;
  text: string;
  words: number;
  found: number;
  rest: string;
  whole?: boolean;
  broke?: boolean;
}

export interface Recovery {
  public_key: string;
}

export interface Renewing {
  ticket: string;
  done: number;
  of: number;
  renewed: number;
  left: Array<[string, number]>;
  over: boolean;
  fault: Fault | null;
}

export interface Replayed {
  row: DraftRow;
  calls: Array<Again>;
  counts: Record<string, number>;
  damaged: number;
}

export interface ReportPage {
  name: string;
  title: string;
  about: string;
  since: string;
  until: string;
  facts: Array<[string, string]>;
  tables: Array<PrintedTable>;
  notes: Array<string>;
  receipt: string;
  damaged: number;
  files: Array<[string, string]>;
}

export interface ReportRow {
  name: string;
  version: number;
  title: string;
  about: string;
}

export interface Reports {
  reports: Array<ReportRow>;
}

export interface Request {
  callback: string;
}

export interface RequestRow {
  callback: string;
  queue: string;
  language: string;
  at: number;
  state: string;
  by: string;
  note: string;
  call: string;
  may_take: boolean;
  is_mine: boolean;
  is_unclear: boolean;
  is_pending: boolean;
}

export interface Requests {
  requests: Array<RequestRow>;
  results: Array<string>;
}

export interface Retention {
  classes: Array<Kept>;
  holds: Array<Stands>;
  requests: Array<Stands>;
  erasures: Array<Proof>;
  before: number;
}

export interface ReviewCall {
  call: CallPage;
  reasons: Array<Flag>;
  queue: string;
  card: string;
  pass_from: number;
  questions: Array<Asked>;
  reviews: Array<ReviewShown>;
  may_judge: boolean;
  refusal: string;
  may_decide: boolean;
  found: Array<FoundShown>;
  withheld: boolean;
}

export interface ReviewPage {
  waiting: Array<WaitingCall>;
  more: number;
  below: number;
  appeals: Array<ReviewShown>;
  latest: Array<ReviewShown>;
  damaged: number;
  has_cards: boolean;
}

export interface ReviewShown {
  review: string;
  call: string;
  started_at: number;
  by: string;
  at: number;
  card: string;
  agent: string;
  percent: number | null;
  passed: boolean;
  answers: Array<Asked>;
  notes: string;
  state: string;
  appeal: string;
  appealed_at: number | null;
  outcome: string;
  decided_by: string;
  decided_at: number | null;
  decision: string;
  machine_answers?: number;
  machine_percent?: number | null;
}

export interface RiskShown {
  risk: string;
  points: number;
  signals: Array<SignalShown>;
}

export interface Role {
}

export interface RolesPage {
  in_force: boolean;
  duties: Array<Duty>;
  rules: Array<RuleRow>;
}

export interface RoundPage {
  here: string;
  ticket: string;
  over: boolean;
  count: number;
  lines: Array<[string, string, string]>;
  failed: Array<[string, string]>;
  fault: Fault | null;
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

export interface RuleRow {
  rule: string;
  demanded: boolean;
}

export interface RuleShown {
  name: string;
  severity: string;
  source: string;
  calls: number;
}

export interface Ruled {
  reason: string;
  outcome: AppealOutcome;
}

export interface Rules {
  reason: string;
  rules: string;
  call?: string;
  last?: number;
}

export interface RulesPage {
  rules: Array<RulesShown>;
  calls: number;
  days: number;
}

export interface RulesShown {
  name: string;
  version: string;
  sha256: string;
  at: number;
  by: string;
  entry: number;
  rules: Array<RuleShown>;
}

export interface Run {
  ticket: string;
  over: boolean;
  erased: number;
  lines: Array<string>;
  failed: Array<string>;
  fault: Fault | null;
}

export interface RunAgain {
  call: string;
  served_by: string;
  facts: number;
  orders: number;
  states: Array<string>;
  same: boolean;
  at: number;
  fact: string;
  then: Array<string>;
  again: Array<string>;
}

export interface RunningCalls {
  publication: string;
  calls: number;
  dialplans: Array<string>;
  current: boolean;
}

export interface Scenario {
  name: string;
  failures: Array<Told>;
}

export interface SessionRow {
  session: string;
  person: string;
  by: Array<string>;
  begun_at: number;
  seen_at: number;
  address: string;
  own: boolean;
}

export interface Sessions {
  reason: string;
  which: string;
}

export interface SetAside {
  reason: string;
  call: string;
}

export interface SetPin {
  name: string;
  pin: string;
}

export interface SignalShown {
  signal: string;
  meaning: string;
  source: string;
  points: number | null;
  at: number | null;
}

export interface Stands {
  call: string;
  hold: string;
  entry: number;
  at: number;
  by: string;
  reason: string;
}

export interface Step {
  at: number;
  told: string;
  agents: Array<WeighedAgent>;
}

export interface StoryDeed {
  at: number;
  keys: boolean;
  text: string;
}

export interface StoryEntry {
  row: Row;
  differs: boolean;
}

export interface StoryPage {
  call: string;
  entries: Array<StoryEntry>;
  deeds: Array<StoryDeed>;
  trouble: string;
  late: number;
  differing: number;
}

export interface TakenRequest {
  callback: string;
  number: string;
  results: Array<string>;
}

export interface Talked {
  row: DraftRow;
  part: string;
  text: string;
  typed: string;
  lines: Array<ivr__core__dialplan__workbench__told__Line>;
  ended: boolean;
  listens: boolean;
  told: Array<Told>;
}

export interface TargetRow {
  name: string;
  url: string;
  events: Array<string>;
  inside: boolean;
  made_at: number;
  next_at: number;
  failures: number;
  told: number;
  dropped: number;
  last: string;
}

export interface Targets {
  targets: Array<TargetRow>;
  events: Array<string>;
}

export interface Tested {
  row: DraftRow;
  scenarios: Array<Scenario>;
  passed: number;
  states: number;
  of_states: number;
  ways: number;
  of_ways: number;
  missing: Array<[string, string]>;
  told: Array<Told>;
}

export interface Text {
  reason: string;
  text: string;
}

export interface TextFor {
  reason: string;
  text: string;
  publisher: string;
}

export interface ToAcknowledge {
  alarms?: Array<string>;
  reason: string;
}

export interface ToCheck {
  receipt?: string;
  code?: string;
}

export interface ToExport {
  reason: string;
  recipients?: string;
  vcon?: boolean;
}

export interface ToRemove {
  reason: string;
  name: string;
}

export interface ToVerify {
  against?: string;
  roots?: string;
}

export interface TokenRow {
  name: string;
  person: string;
  scopes: Array<string>;
  made_at: number;
  until: number;
  used_at: number | null;
  state: string;
}

export interface Tokens {
  tokens: Array<TokenRow>;
  may: Array<string>;
}

export interface Told {
  part: string;
  line: number;
  column: number;
  code: string;
  message: string;
  hint: string;
  error: boolean;
}

export interface TrunkRow {
  name: string;
  takes_calls: boolean;
  registered: boolean;
  addresses: Array<AddressRow>;
  tried: number;
  answered: number;
  failed: number;
}

export interface Typed {
  part?: string;
  text?: string;
}

export interface TypedToCheck {
  part?: string;
  text?: string;
  proving?: boolean;
}

export interface TypedToSave {
  part: string;
  text?: string;
  revision: number;
}

export interface TypedToTalk {
  part?: string;
  text?: string;
  typed?: string;
  say?: string;
  more?: boolean;
}

export interface UserRow {
  name: string;
  person: string;
  added_at: number;
  signed_in_at: number | null;
  invited_until: number | null;
  disabled: boolean;
  first: boolean;
  roles: Array<string>;
}

export interface Users {
  users: Array<UserRow>;
  sessions: Array<SessionRow>;
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

export interface VersionRow {
  id: string;
  sha256: string;
  at: number;
  sounds: number;
}

export interface Versions {
  versions: Array<VersionRow>;
}

export interface VoiceRow {
  customer: string;
  enrolled_at: number;
  recordings: number;
  speech: number;
  model: string;
  outdated: boolean;
  consent: string;
  keeps_audio: boolean;
  machine: boolean;
}

export interface VoicesPage {
  voices: Array<VoiceRow>;
  model: string;
  outdated: number;
}

export interface WaitingCall {
  row: CallRow;
  reasons: Array<Flag>;
  risk: number;
}

export interface WaitingPage {
  calls: Array<WaitingRow>;
}

export interface WaitingRow {
  call: string;
  queue: string;
  place: number;
  since: number;
  priority: number;
  rings: boolean;
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

export interface WatchlistPage {
  entries: Array<EntryRow>;
}

export interface WeighedAgent {
  agent: string;
  verdict: string;
  rung: boolean;
}

export interface Where {
  agent?: string;
  call?: string;
  place: string;
}

export interface Which {
  agent?: string;
  callback?: string;
}

export interface Whom {
  agent?: string;
  call?: string;
  digits: string;
}

export interface WhyPage {
  call: string;
  past: Array<Step>;
  place: number;
  queue: string;
  waited: number;
  now: Array<WeighedAgent>;
}

export interface Words {
  lines: Array<ivr__apps__web__call_view__Line>;
  hearing: string;
  agent: string;
  saying: string;
  withheld: string;
  ticket: string;
}

export interface Working {
  ticket: string;
  kind: string;
  done: number;
  over: boolean;
  keys: Array<KeyRow>;
  lines: Array<string>;
  damaged: Array<string>;
  fault: Fault | null;
}

export interface Written {
  agent?: string;
  call: string;
  disposition?: string;
  notes?: string;
  at_desk?: boolean;
}

export interface ivr__apps__web__call_view__Line {
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

export interface ivr__apps__web__call_view__Warned {
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
  read?: number | null;
}

export interface ivr__apps__web__pages__agents__AgentRow {
  name: string;
  uri: string;
  queues: Array<string>;
  skills: Array<[string, number]>;
  tier: number;
  weight: number;
  extension: string;
  has_pin: boolean;
  user: string;
  state: string;
  since: number | null;
  pause: string;
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

export interface ivr__apps__web__pages__callbacks__Came {
  callback: string;
  result: CallbackResult;
}

export interface ivr__apps__web__pages__calls__Drawn {
  seconds: number;
  each: number;
  channels: Record<string, Array<number>>;
}

export interface ivr__apps__web__pages__calls__Nothing {
}

export interface ivr__apps__web__pages__calls__Opened {
  url: string;
  seconds: number;
}

export interface ivr__apps__web__pages__desk__Warned {
  name: string;
  whole: boolean;
}

export interface ivr__apps__web__pages__drafts__Drawn {
  row: DraftRow;
  svg: string;
  told: Array<Told>;
}

export interface ivr__apps__web__pages__keys__Nothing {
}

export interface ivr__apps__web__pages__own_callbacks__Came {
  agent?: string;
  callback: string;
  result: CallbackResult;
}

export interface ivr__apps__web__pages__queues__AgentRow {
  name: string;
  calls: number;
  missed: number;
  logged_in_seconds: number;
  talk_seconds: number;
  busy_seconds: number;
  paused_seconds: number;
  occupancy: number | null;
}

export interface ivr__apps__web__pages__retention__Nothing {
}

export interface ivr__apps__web__pages__voiceprints__Nothing {
}

export interface ivr__core__dialplan__workbench__told__Line {
  at: number;
  kind: Kind;
  text: string;
}

export interface ivr__engine__office__draft_trials__Compared {
  live: string;
  changes: Array<string>;
  texts: Array<string>;
}

export interface ivr__engine__office__reviews__Compared {
  what: Array<string>;
  agreement: Agreement;
}
