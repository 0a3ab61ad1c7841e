import {extname} from 'node:path'

/** What is taken for audio in a folder. A file that is named itself may have any name: its content decides. */
const AUDIO_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    '3g2 3gp aac ac3 aif aifc aiff alac amr ape au avi caf flac flv gsm m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpeg mpg mpga ' +
    'oga ogg ogv opus rf64 snd sph spx tta voc w64 wav wave weba webm wma wmv wv'
  ).split(' '),
)

export const hasAudioExtension = (path: string): boolean => AUDIO_EXTENSIONS.has(extname(path).slice(1).toLowerCase())
