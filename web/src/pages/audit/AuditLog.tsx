import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue } from "react";
import { type AuditFilter, type Event, eventsQuery, exportAddress } from "../../api/audit.ts";
import { isoTime } from "../../format/time.ts";
import { Button, buttonClass } from "../../parts/Button.tsx";
import { TextField } from "../../parts/Field.tsx";
import { Icon } from "../../parts/Icon.tsx";
import { FailureNotice, Notice } from "../../parts/Notice.tsx";
import { Cell, Head, Row, Table, tableStyles } from "../../parts/Table.tsx";
import { Ago, Moment } from "../../parts/Time.tsx";
import { WaitingRows } from "../../parts/WaitingRows.tsx";
import { Section } from "../settings/Sections.tsx";
import styles from "./AuditLog.module.css";

/** Midnight of a day, `2026-12-31`, in the viewer's zone, and of days after it: milliseconds since the epoch. */
function midnight(day: string, after = 0): number | undefined {
  const [year, month, of] = day.split("-").map(Number);
  if (year === undefined || month === undefined || of === undefined) return undefined;
  const time = new Date(year, month - 1, of + after).getTime();
  return Number.isNaN(time) ? undefined : time;
}

/** Who did what. The address holds the filter. @param project none: that of the whole server. */
export function AuditLog({ project }: { project?: string }) {
  const { actor = "", action = "", from = "", until = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const filter: AuditFilter = useDeferredValue({
    actor: actor.trim(),
    action: action.trim(),
    from: midnight(from),
    until: midnight(until, 1),
  });
  const found = useInfiniteQuery({ ...eventsQuery(project, filter), placeholderData: (before) => before });
  const change = (next: Record<string, string>) =>
    navigate({ to: ".", search: (now) => ({ ...now, ...next }), replace: true });
  const field = (name: string, value: string) => ({
    value,
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  const events = found.data?.pages.flatMap((part) => part.events);
  return (
    <Section
      title="Audit log"
      lead="Who did what, from where; the newest first. It is only ever added to."
      tools={
        project === undefined ? undefined : (
          <a className={buttonClass()} href={exportAddress(project, filter)} download>
            <Icon name="download" />
            Export NDJSON
          </a>
        )
      }
    >
      <div className={styles.filter}>
        <TextField label="Who" placeholder="Anyone" {...field("actor", actor)} />
        <TextField label="Action" placeholder="member.*" {...field("action", action)} />
        <TextField label="From" type="date" {...field("from", from)} />
        <TextField label="Until" type="date" {...field("until", until)} />
      </div>
      {found.error !== null && events === undefined ? (
        <FailureNotice error={found.error} retry={found.refetch} />
      ) : events?.length === 0 ? (
        <Notice
          icon="search"
          title="Nothing was done"
          actions={
            <Button onClick={() => change({ actor: "", action: "", from: "", until: "" })}>
              Clear the filter
            </Button>
          }
        >
          <p>No event matches. Names are matched whole; an action may end in “.*”.</p>
        </Notice>
      ) : (
        <EventsTable events={events} />
      )}
      {found.hasNextPage ? (
        <div className={tableStyles.more}>
          <Button disabled={found.isFetchingNextPage} onClick={() => found.fetchNextPage()}>
            Show more
          </Button>
        </div>
      ) : null}
    </Section>
  );
}

/** @param events undefined while they are on their way. */
const EventsTable = ({ events }: { events: readonly Event[] | undefined }) => (
  <Table
    label="Events"
    heads={
      <>
        <Head>When</Head>
        <Head>Who</Head>
        <Head>Action</Head>
        <Head>On what</Head>
        <Head>From</Head>
      </>
    }
  >
    {events === undefined ? (
      <WaitingRows columns={5} />
    ) : (
      events.map((event) => <EventRow key={String(event.eventId)} event={event} />)
    )}
  </Table>
);

/** What was acted on; a number alone gets its kind, with which the action begins. */
const target = ({ action, object }: Event) =>
  /^\d+$/.test(object) ? `${action.split(".", 1)[0]?.replaceAll("_", " ")} ${object}` : object;

/** A value among the details of an event: a time in the viewer's zone, any other as it is. */
function Detail({ value }: { value: string }) {
  const time = isoTime(value);
  return time === undefined ? value : <Moment time={time} />;
}

const EventRow = ({ event }: { event: Event }) => (
  <Row className={styles.event}>
    <Cell className={styles.time}>
      <Ago time={Number(event.at)} />
    </Cell>
    <Cell>
      <div className={styles.actor}>{event.actor}</div>
    </Cell>
    <Cell>
      <code>{event.action}</code>
      {event.result === "ok" ? null : <div className={styles.refused}>{event.result}</div>}
    </Cell>
    <Cell className={styles.what}>
      <div className={styles.object}>{target(event)}</div>
      {event.details.length === 0 ? null : (
        <div className={styles.details}>
          {event.details.map(({ key, value }) => (
            <span key={key}>
              {key} <Detail value={value} />
            </span>
          ))}
        </div>
      )}
    </Cell>
    <Cell className={`${styles.time} ${styles.address}`} title={`Request ${event.requestId}`}>
      {event.address}
    </Cell>
  </Row>
);
