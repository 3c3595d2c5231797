import { useEffect, useState } from "react";

/** `value` once it has not changed for `ms`, so that typing does not ask the server at each letter. */
export function useDefer<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
