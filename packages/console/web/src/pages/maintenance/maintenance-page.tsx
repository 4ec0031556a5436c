import type { MaintenanceView } from "@nodetcd/console/contract";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { apiUrl, get } from "../../data/api.ts";
import { Icon } from "../../parts/icon.tsx";
import { Failed, Skeleton } from "../../parts/states.tsx";
import { TabBar } from "../../parts/tab-bar.tsx";
import { useTitle } from "../../parts/use-title.ts";
import { CompactTab } from "./compact-tab.tsx";
import { DefragmentTab } from "./defragment-tab.tsx";
import { HashesTab } from "./hashes-tab.tsx";
import { MembersTab } from "./members-tab.tsx";
import { SnapshotTab } from "./snapshot-tab.tsx";
import { SpaceTab } from "./space-tab.tsx";
import { TaskVerdict } from "./task.tsx";

const TABS = [
  { id: "compact", label: "Compact" },
  { id: "defragment", label: "Defragment" },
  { id: "members", label: "Members" },
  { id: "snapshots", label: "Snapshots" },
  { id: "hashes", label: "Compare hashes" },
  { id: "space", label: "Out of space" },
] as const;

type TabId = (typeof TABS)[number]["id"];

export function useMaintenance(): UseQueryResult<MaintenanceView> {
  return useQuery({
    queryKey: ["maintenance"],
    queryFn: ({ signal }) => get<MaintenanceView>("maintenance", {}, signal),
    refetchInterval: 2_000,
  });
}

/** Upkeep with a plan before each step, and gates between them. */
export function MaintenancePage(): ReactNode {
  useTitle("Maintenance");
  const { tab } = useParams({ strict: false });
  const navigate = useNavigate();
  const { data: view, error } = useMaintenance();
  const current: TabId = TABS.find(({ id }) => id === tab)?.id ?? "compact";
  return (
    <>
      <div className="head">
        <h1>Maintenance</h1>
        <div className="row">
          <a className="btn" href={apiUrl("maintenance/snapshot")} download>
            <Icon name="camera" /> Download a snapshot
          </a>
        </div>
      </div>
      <TabBar
        label="Tasks"
        tabs={TABS}
        current={current}
        choose={(id) => void navigate({ to: "/maintenance/$tab", params: { tab: id } })}
      />
      {view === undefined ? (
        error === null ? (
          <Skeleton rows={8} />
        ) : (
          <Failed error={error} what="The plan" />
        )
      ) : (
        <div role="tabpanel" aria-label={TABS.find(({ id }) => id === current)!.label}>
          {view.task === undefined ? null : <TaskVerdict task={view.task} />}
          <Tab id={current} view={view} />
        </div>
      )}
    </>
  );
}

function Tab({ id, view }: { readonly id: TabId; readonly view: MaintenanceView }): ReactNode {
  switch (id) {
    case "compact":
      return <CompactTab view={view} />;
    case "defragment":
      return <DefragmentTab view={view} />;
    case "members":
      return <MembersTab view={view} />;
    case "snapshots":
      return <SnapshotTab />;
    case "hashes":
      return <HashesTab />;
    case "space":
      return <SpaceTab view={view} />;
  }
}
