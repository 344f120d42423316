// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates events: marks in a stream that can be waited for and that record the time.
#pragma once

#include <chrono>

#include <emulate/stream.hpp>

struct CUevent_st {
    int device = 0;
    unsigned flags = 0;
    CUstream_st* stream = nullptr;
    std::size_t after = 0;
    std::chrono::steady_clock::time_point when{};
};
using cudaEvent_t = CUevent_st*;

#define cudaEventDefault 0x00u
#define cudaEventBlockingSync 0x01u
#define cudaEventDisableTiming 0x02u

inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new CUevent_st{emulate::current_device(), flags, nullptr, 0, {}};
    return cudaSuccess;
}
inline cudaError_t cudaEventCreate(cudaEvent_t* event) {
    return cudaEventCreateWithFlags(event, cudaEventDefault);
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) {
    if (!event) return emulate::fail(cudaErrorInvalidResourceHandle, "there is no event to destroy");
    delete event;
    return cudaSuccess;
}

inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t handle = nullptr) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!event || !stream) return emulate::no_such_stream();
    if (event->device != stream->device)
        return emulate::fail(cudaErrorInvalidResourceHandle,
                             "the event and the stream belong to two devices");
    event->stream = stream;
    const cudaError_t status = emulate::submit(handle, [event] {
        event->when = std::chrono::steady_clock::now();
        return cudaSuccess;
    });
    event->after = stream->queued;
    return status;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (!event->stream) return cudaSuccess;
    if (event->stream->capture) return emulate::not_while_capturing(*event->stream, "waiting");
    return emulate::drain(*event->stream, event->after);
}
inline cudaError_t cudaEventQuery(cudaEvent_t event) {
    const bool ready = !event->stream || event->stream->done >= event->after;
    const cudaError_t status = cudaEventSynchronize(event);
    return status != cudaSuccess || ready ? status : cudaErrorNotReady;
}
/// If the event's stream is being captured, the waiting stream joins the same capture.
inline cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event, unsigned = 0) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!event || !stream) return emulate::no_such_stream();
    if (!event->stream || event->stream == stream) return cudaSuccess;
    if (event->stream->capture) {
        stream->capture = event->stream->capture;
        return cudaSuccess;
    }
    return emulate::submit(
        handle, [before = event->stream, after = event->after] { return emulate::drain(*before, after); });
}
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
    if ((from->flags | to->flags) & cudaEventDisableTiming)
        return emulate::fail(cudaErrorInvalidResourceHandle, "an event made without timing tells no time");
    *milliseconds = std::chrono::duration<float, std::milli>(to->when - from->when).count();
    return cudaSuccess;
}
