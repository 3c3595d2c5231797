import type { ReactNode } from "react";
import { Button } from "@/ui/controls";

interface RuleButtonsProps {
  number: number;
  isFirst: boolean;
  onUp: () => void;
  onRemove: () => void;
}

/** What can be done to one rule of a list in which the first that fits decides. */
export function RuleButtons({ number, isFirst, onUp, onRemove }: RuleButtonsProps): ReactNode {
  return (
    <>
      <Button
        small
        aria-label={`Try rule ${number} earlier`}
        reason={isFirst ? "It is tried first" : undefined}
        onClick={onUp}
      >
        Up
      </Button>
      <Button
        small
        kind="quiet"
        icon="close"
        aria-label={`Remove rule ${number}`}
        onClick={onRemove}
      />
    </>
  );
}
