/** Alarms that the host raised, and who acknowledged what. An acknowledgement carries a name and a time. */

export interface RaisedAlarm {
  readonly id: string;
  readonly store: number;
  readonly severity: 'critical' | 'high' | 'note';
  readonly text: string;
  readonly at: string;
}

export interface Acknowledgement {
  readonly by: string;
  readonly at: string;
}

export interface AlarmsSlice {
  readonly alarms: readonly RaisedAlarm[];
  /** By alarm id. */
  readonly acknowledged: Readonly<Record<string, Acknowledgement>>;
}

/** Alarms kept; the oldest leave first. */
export const ALARMS_MAX = 500;

export const alarmsSlice = (): AlarmsSlice => ({ alarms: [], acknowledged: {} });
