import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

const isOurs = (address: string) => address.startsWith("/") && !address.startsWith("//");

/** A chunk of its own: most pages show no Markdown. */
export default function RenderedMarkdown({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm]}
      components={{
        a: ({ href, children }) => (
          <a href={href} rel="noreferrer nofollow ugc" target="_blank">
            {children}
          </a>
        ),
        img: ({ src, alt }) =>
          typeof src === "string" && isOurs(src) ? (
            <img src={src} alt={alt ?? ""} />
          ) : (
            <a href={typeof src === "string" ? src : undefined} rel="noreferrer nofollow ugc" target="_blank">
              {alt || "picture"}
            </a>
          ),
      }}
    >
      {text}
    </ReactMarkdown>
  );
}
