import {execa} from 'execa'
import {type Job, Outcome} from './runners/job.js'

/** Needs a Python with faster-whisper, and for the conversion transformers and torch. */
const SCRIPT = `
import json, os, sys, time, tempfile
import ctranslate2, faster_whisper
job = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory() as scratch:
    model = job["model"]
    if not os.path.exists(os.path.join(model, "model.bin")):
        target = os.path.join(scratch, "model")
        ctranslate2.converters.TransformersConverter(model, copy_files=["tokenizer.json", "preprocessor_config.json"]).convert(target)
        model = target
    whisper = faster_whisper.WhisperModel(model, device="cpu", compute_type="float32", cpu_threads=job["threads"], num_workers=1)
    def transcribe(files):
        made = []
        for file in files:
            segments, _ = whisper.transcribe(file, language="en", beam_size=1, best_of=1, temperature=0.0, without_timestamps=True,
                condition_on_previous_text=False, suppress_tokens=[], compression_ratio_threshold=None, log_prob_threshold=None,
                no_speech_threshold=None)
            segments = list(segments)
            made.append((" ".join(s.text for s in segments), sum(t < 50257 for s in segments for t in s.tokens)))
        return made
    first = job["files"][0]
    transcribe([first])
    one = []
    for _ in range(job["repeats"]):
        began = time.perf_counter()
        transcribe([first])
        one.append(time.perf_counter() - began)
    began = time.perf_counter()
    made = transcribe(job["files"])
    many = time.perf_counter() - began
    print(json.dumps({"version": faster_whisper.__version__, "oneSeconds": one, "manySeconds": many,
        "texts": [text for text, _ in made], "tokens": [count for _, count in made]}))
`

/** @param job its `model` is a checkpoint of Hugging Face, or a folder converted already; `place` the Python */
export async function runFasterWhisper(job: Job): Promise<Outcome> {
  const {stdout} = await execa(job.place ?? 'python3', ['-c', SCRIPT, JSON.stringify(job)], {stdin: 'ignore'})
  return Outcome.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
}
