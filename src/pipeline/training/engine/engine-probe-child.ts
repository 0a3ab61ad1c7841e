/* Entry of the process that tries an engine: it may crash or hang, and nobody is harmed. */

import {answerQuestions} from '../../runtime/asked-process.js'
import type {EngineName} from './engine-names.js'
import {type ProbeSteps, probeSteps} from './probe-step.js'

answerQuestions<{readonly engine: EngineName}, ProbeSteps>(({engine}) => probeSteps(engine))
