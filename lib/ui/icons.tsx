import type { ReactNode } from 'react'

/*
 * One style for all icons: a 24-unit grid, round ends, drawn in the text colour. An icon is never the only carrier of
 * a meaning.
 */

export interface IconProps {
  readonly size?: number
}

interface SignProps extends IconProps {
  readonly weight?: number
  readonly children: ReactNode
}

export function Sign({ size = 18, weight = 2, children }: SignProps) {
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
export const ShareIcon = (props: IconProps) => (
  <Sign {...props}>
    <path d="M12 15V4m-4 4 4-4 4 4M6.5 11.5h-1a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h13a1 1 0 0 0 1-1v-6a1 1 0 0 0-1-1h-1" />
  </Sign>
)
