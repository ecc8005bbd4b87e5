import { type ReactNode, useEffect, useRef, useState } from "react";

/**
 * Holds a place and fills it while it is near what is seen, so that of a thousand charts a few are drawn.
 * @param height in pixels while it is empty; afterwards the height that its content had.
 */
export function Lazy({
  height,
  className,
  children,
}: {
  height: number;
  className?: string;
  children: ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setNear] = useState(false);
  const [last, setLast] = useState(height);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry === undefined) return;
        if (!entry.isIntersecting && entry.boundingClientRect.height > 0)
          setLast(entry.boundingClientRect.height);
        // A chart that is worked with stays, wherever it is scrolled to.
        setNear(entry.isIntersecting || element.contains(document.activeElement));
      },
      // The page scrolls within the shell, where the margin of the root alone means nothing.
      { rootMargin: "300px 0px", scrollMargin: "300px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={place} className={className} style={isNear ? undefined : { minHeight: last }}>
      {isNear ? children : null}
    </div>
  );
}
