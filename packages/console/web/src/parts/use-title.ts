import { useEffect } from "react";
import { useSession } from "../data/queries.ts";

/** Names the page in the tab: page, cluster, program. */
export function useTitle(page: string): void {
  const { data: session } = useSession();
  const cluster = session?.cluster;
  useEffect(() => {
    document.title = [page, cluster, "nodetcd console"].filter((part) => part).join(" · ");
  }, [page, cluster]);
}
