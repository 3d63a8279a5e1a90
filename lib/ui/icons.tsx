import type { ReactNode } from 'react'

/*
 * One style for all icons: a 24-unit grid, round ends, drawn in the text colour. An icon is never the only carrier of
 * a meaning.
 */

interface IconProps {
  readonly size?: number
}

interface SignProps extends IconProps {
  readonly weight?: number
  readonly children: ReactNode
}

function Sign({ size = 18, weight = 2, children }: SignProps) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={weight}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

export const BookIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 5.5C6.5 4 9.5 4 12 5.7 14.5 4 17.5 4 20 5.5V19c-2.5-1.5-5.5-1.5-8 .2-2.5-1.7-5.5-1.7-8-.2Z" />
    <path d="M12 5.7v13.5" />
  </Sign>
)
export const HalfIcon = (props: IconProps) => (
  <Sign {...props}>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 3.5v17a8.5 8.5 0 0 0 0-17Z" fill="currentColor" />
  </Sign>
)
export const CheckIcon = (props: IconProps) => (
  <Sign {...props} weight={2.6}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Sign>
)
export const DownloadIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14" />
  </Sign>
)
export const DotsIcon = (props: IconProps) => (
  <Sign {...props} weight={1}>
    <circle cx="5.5" cy="12" r="1.1" fill="currentColor" />
    <circle cx="12" cy="12" r="1.1" fill="currentColor" />
    <circle cx="18.5" cy="12" r="1.1" fill="currentColor" />
  </Sign>
)
export const CloseIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M6 6l12 12M18 6 6 18" />
  </Sign>
)
export const OfflineIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M7 18.5h10.5a3.8 3.8 0 0 0 1.7-7.2M16.8 8.3A6 6 0 0 0 6.3 9.7 4.5 4.5 0 0 0 4.6 17.6" />
    <path d="m4 4 16 16" />
  </Sign>
)
export const WarnIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M12 4 2.8 19.5h18.4Z" />
    <path d="M12 10v4.2M12 17v.1" />
  </Sign>
)
export const EyeIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z" />
    <circle cx="12" cy="12" r="2.8" />
  </Sign>
)
export const SyncIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 11a8 8 0 0 1 14-4.3L20 9" />
    <path d="M20 4v5h-5M20 13a8 8 0 0 1-14 4.3L4 15" />
    <path d="M4 20v-5h5" />
  </Sign>
)
export const LinkIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6l-1 1M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1-1" />
  </Sign>
)
export const BoldIcon = (props: IconProps) => (
  <Sign {...props} weight={2.4}>
    <path d="M7 5h6a3.5 3.5 0 0 1 0 7H7Zm0 7h7a3.5 3.5 0 0 1 0 7H7Z" />
  </Sign>
)
export const ItalicIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M10.5 5h7M6.5 19h7M14 5l-4 14" />
  </Sign>
)
export const UnderlineIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M7 4.5v7a5 5 0 0 0 10 0v-7M5.5 20h13" />
  </Sign>
)
export const StrikeIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 12h16M17 7.5C16.5 5.5 14.6 4.5 12 4.5c-2.8 0-4.8 1.3-4.8 3.7 0 1 .4 1.8 1.2 2.4M7 16.5c.5 2 2.5 3 5 3 2.9 0 5-1.3 5-3.7 0-.5-.1-1-.3-1.4" />
  </Sign>
)
export const BulletsIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M9.5 6.5H20M9.5 12H20M9.5 17.5H20" />
    <path d="M4.8 6.5v.01M4.8 12v.01M4.8 17.5v.01" strokeWidth={3} />
  </Sign>
)
export const NumbersIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M10.5 6.5H20M10.5 12H20M10.5 17.5H20" />
    <path d="M3.8 5.3 5.3 4.5v4.3M3.6 15.6c.3-.9 2.4-1 2.4.3 0 1-2.3 1.7-2.3 3H6.2" strokeWidth={1.6} />
  </Sign>
)
export const TasksIcon = (props: IconProps) => (
  <Sign {...props}>
    <rect x="3.5" y="4" width="6" height="6" rx="1.5" />
    <path d="m4 16.5 1.8 1.8 3.5-3.8M13.5 7H20.5M13.5 16.5H20.5" />
  </Sign>
)
export const QuoteIcon = (props: IconProps) => (
  <Sign {...props}>
    <path
      d="M9.5 7.5C6.5 8 5 10 5 13v3.5h4.5V12H7M18.5 7.5c-3 .5-4.5 2.5-4.5 5.5v3.5h4.5V12H16"
      strokeWidth={1.8}
    />
  </Sign>
)
export const CodeIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="m8.5 7.5-5 4.5 5 4.5M15.5 7.5l5 4.5-5 4.5" />
  </Sign>
)
export const CodeBlockIcon = (props: IconProps) => (
  <Sign {...props}>
    <rect x="3" y="4.5" width="18" height="15" rx="2.5" />
    <path d="m9.5 9.5-2.5 2.5 2.5 2.5M14.5 9.5l2.5 2.5-2.5 2.5" />
  </Sign>
)
export const DividerIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4 12h16M8 6.5h.01M12 6.5h.01M16 6.5h.01M8 17.5h.01M12 17.5h.01M16 17.5h.01" />
  </Sign>
)
export const UndoIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M8.5 5 4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3" />
  </Sign>
)
export const RedoIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M15.5 5 20 9.5 15.5 14M19.5 9.5H10a5.5 5.5 0 0 0 0 11h3" />
  </Sign>
)
export const DownIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="m7 10 5 5 5-5" />
  </Sign>
)
export const TrashIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.3 11v5M13.7 11v5" />
  </Sign>
)
export const BackIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="m14.5 5-7 7 7 7" />
  </Sign>
)
export const GlobeIcon = (props: IconProps) => (
  <Sign {...props}>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M3.5 12h17M12 3.5c2.5 2.3 3.8 5.2 3.8 8.5S14.5 18.2 12 20.5C9.5 18.2 8.2 15.3 8.2 12S9.5 5.8 12 3.5Z" />
  </Sign>
)
