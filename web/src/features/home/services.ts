import type { HomeService } from "@/api/types";

const FAILING = 0.05;
const TROUBLED = 0.01;

/** By the share of failed requests: from 1 % on something is wrong, from 5 % on it fails. */
export function healthOf({
  requests,
  error_ratio,
}: HomeService): "failing" | "troubled" | "well" | "silent" {
  if (requests === null) return "silent";
  if (error_ratio === null || error_ratio < TROUBLED) return "well";
  return error_ratio < FAILING ? "troubled" : "failing";
}
