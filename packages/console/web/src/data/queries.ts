import type { ClusterView, PulseView, SessionView } from "@nodetcd/console/contract";
import { QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { ApiError, get, setToken } from "./api.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < 2 && error instanceof ApiError && error.status === 0,
    },
  },
});

export async function fetchSession(): Promise<SessionView> {
  const session = await get<SessionView>("session");
  setToken(session.token);
  return session;
}

/** A session that another request answered, such as signing in. */
export function takeSession(session: SessionView): void {
  setToken(session.token);
  queryClient.setQueryData(["session"], session);
}

export function useSession(): UseQueryResult<SessionView> {
  return useQuery({ queryKey: ["session"], queryFn: fetchSession, refetchInterval: 30_000 });
}

/** Nothing is asked before there is a session, or while somebody has to sign in. */
export function usePulse(): UseQueryResult<PulseView> {
  const { data: session } = useSession();
  return useQuery({
    queryKey: ["pulse"],
    enabled: session?.needsLogin === false,
    queryFn: ({ signal }) => get<PulseView>("pulse", {}, signal),
    refetchInterval: 2_000,
  });
}

export function useCluster(hours: number): UseQueryResult<ClusterView> {
  return useQuery({
    queryKey: ["cluster", hours],
    queryFn: ({ signal }) => get<ClusterView>("cluster", { hours }, signal),
    refetchInterval: 3_000,
    placeholderData: (before) => before,
  });
}
