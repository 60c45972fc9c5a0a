import type { Draft } from './draft.ts'

/** The form's fields and their values, as its parts get them. */
export interface DraftFields {
  readonly draft: Draft
  /** Value, change handler and error of one field. */
  readonly field: <Key extends keyof Draft>(
    key: Key,
  ) => { value: Draft[Key]; onChange: (value: Draft[Key]) => void; error: string | undefined }
}
