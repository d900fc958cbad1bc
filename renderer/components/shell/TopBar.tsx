/** Always visible: environment, store, worst alarm, clock with offset, who is acting, how times are shown. */

import { Menu } from '@base-ui/react/menu';
import { Check, ChevronDown, CircleHelp, Moon, Sun, UserRound } from 'lucide-react';
import { formatDuration } from '../../format/duration.ts';
import { formatTimestamp, TIME_MODES, timeModeLabel } from '../../format/time.ts';
import { useActions, useConsole, useSubject } from '../../store/context.tsx';
import { Mark } from '../Mark.tsx';
import { useAlarms } from '../useAlarms.ts';

function StoreMenu() {
  const stores = useConsole((state) => state.console.view?.stores);
  const storeIndex = useConsole((state) => state.storeIndex);
  const { chooseStore } = useActions();
  const chosen = stores?.find((store) => store.index === storeIndex);
  return (
    <Menu.Root>
      <Menu.Trigger className="button" data-kind="quiet" title={chosen?.path}>
        <span className="font-semibold text-ink">{chosen?.name ?? 'no store'}</span>
        <ChevronDown size={12} aria-hidden="true" />
        <span className="visually-hidden">Choose the store</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner side="bottom" align="start" sideOffset={4} className="z-[60]">
          <Menu.Popup className="popup">
            {(stores ?? []).map((store) => (
              <Menu.Item key={store.index} className="popup-item" onClick={() => chooseStore(store.index)}>
                <span>
                  {store.name} <span className="mono text-faint">{store.path}</span>
                </span>
                {store.index === storeIndex ? <Check size={13} aria-hidden="true" /> : null}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function WorstAlarm() {
  const alarms = useAlarms();
  const { openDialog } = useActions();
  const worst = alarms[0];
  if (!worst) return <span className="text-faint">No alarm</span>;
  const open = alarms.filter((alarm) => alarm.acknowledged === null).length;
  return (
    <button
      type="button"
      className="alarm"
      data-tone={worst.severity}
      data-unacknowledged={worst.acknowledged === null || undefined}
      aria-keyshortcuts="!"
      title={worst.text}
      onClick={() => openDialog('alarms')}
    >
      <Mark tone={worst.severity} />
      <span>{worst.text}</span>
      <span className="flex-none text-soft">{open > 1 ? `+${open - 1}` : open === 0 ? 'acknowledged' : ''}</span>
    </button>
  );
}

function Clock() {
  const nowMs = useConsole((state) => state.nowMs);
  const mode = useConsole((state) => state.preferences.timeMode);
  const hostOffsetMs = useConsole((state) => state.hostOffsetMs);
  const venues = useSubject('venues').view?.venues;
  const offsets = (venues ?? []).flatMap((venue) => (venue.clockOffsetMs === null ? [] : [venue.clockOffsetMs]));
  const worst = offsets.reduce((most, offset) => (Math.abs(offset) > Math.abs(most) ? offset : most), 0);
  const shown = formatTimestamp(
    new Date(nowMs).toISOString(),
    { mode: mode === 'relative' ? 'utc' : mode, crashMs: null, nowMs },
    { precision: 0, zone: true },
  );
  const offset = offsets.length === 0 ? 'venue clocks unknown' : `venues ${worst > 0 ? '+' : ''}${formatDuration(worst)}`;
  return (
    <span title={`This page is ${formatDuration(hostOffsetMs)} behind the host`}>
      <span className="font-semibold">{shown}</span> <span className="text-soft">{offset}</span>
    </span>
  );
}

function TimeSwitch() {
  const mode = useConsole((state) => state.preferences.timeMode);
  const { prefer } = useActions();
  return (
    <fieldset className="segmented" aria-label="How times are shown">
      {TIME_MODES.map((option) => (
        <button key={option} type="button" aria-pressed={mode === option} onClick={() => prefer({ timeMode: option })}>
          {timeModeLabel(option)}
        </button>
      ))}
    </fieldset>
  );
}

function WhoActs() {
  const actingAs = useConsole((state) => state.actingAs);
  const people = useSubject('gate').view?.people;
  const { openDialog } = useActions();
  const person = people?.find((entry) => entry.id === actingAs);
  return (
    <button type="button" className="button" data-kind="quiet" aria-keyshortcuts="W" onClick={() => openDialog('identity')}>
      <UserRound size={13} aria-hidden="true" />
      {actingAs === null ? (
        <span className="text-high">Nobody acting</span>
      ) : (
        <span className="text-ink">
          {person?.name ?? actingAs} <span className="text-soft">{person?.role ?? 'not enrolled'}</span>
        </span>
      )}
    </button>
  );
}

export function TopBar() {
  const view = useConsole((state) => state.console.view);
  const theme = useConsole((state) => state.preferences.theme);
  const { prefer, openDialog } = useActions();
  return (
    <header className="top">
      <div className="environment" data-colour={view?.environment.colour ?? 'test'}>
        {view?.environment.name ?? 'NO HOST'}
      </div>
      <StoreMenu />
      <div className="min-w-0 flex-1">
        <WorstAlarm />
      </div>
      <Clock />
      <TimeSwitch />
      <span className="text-soft">{view?.user ?? ''}</span>
      <div>
        <WhoActs />
        <button
          type="button"
          className="button"
          data-kind="quiet"
          aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
          onClick={() => prefer({ theme: theme === 'dark' ? 'light' : 'dark' })}
        >
          {theme === 'dark' ? <Sun size={14} aria-hidden="true" /> : <Moon size={14} aria-hidden="true" />}
        </button>
        <button
          type="button"
          className="button"
          data-kind="quiet"
          aria-label="Keys"
          aria-keyshortcuts="?"
          onClick={() => openDialog('keys')}
        >
          <CircleHelp size={14} aria-hidden="true" />
        </button>
      </div>
    </header>
  );
}
