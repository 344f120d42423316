// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates streams. Work runs when it is queued. With COCO_EMULATE_LAZY=1 it runs as late as the device may
/// run it, when it is waited for, so that a host that reads too early reads wrong numbers. A stream under
/// capture records its work in a graph instead.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include <emulate/device.hpp>
#include <emulate/error.hpp>

namespace emulate {

/// A queued operation.
using Work = std::function<cudaError_t()>;

inline bool lazy() { return setting("COCO_EMULATE_LAZY", 0) != 0; }

}  // namespace emulate

/// A recorded sequence of operations.
struct CUgraph_st {
    std::vector<emulate::Work> work;
    bool broken = false;
};
struct CUstream_st {
    int device = 0;
    unsigned flags = 0;
    std::deque<emulate::Work> queue;
    std::size_t queued = 0, done = 0;
    CUgraph_st* capture = nullptr;
};
using cudaGraph_t = CUgraph_st*;
using cudaStream_t = CUstream_st*;

#define cudaStreamDefault 0x00u
#define cudaStreamNonBlocking 0x01u
#define cudaStreamLegacy (static_cast<cudaStream_t>(nullptr))

namespace emulate {

/// All existing streams. Each device has a null stream of its own.
class Streams {
public:
    static Streams& all() {
        static Streams streams;
        return streams;
    }
    ~Streams() {
        for (CUstream_st* stream : alive_) delete stream;
        for (CUstream_st* stream : null_) delete stream;
    }

    CUstream_st* make(unsigned flags) {
        const std::lock_guard guard(mutex_);
        return *alive_.insert(new CUstream_st{current_device(), flags, {}, 0, 0, nullptr}).first;
    }
    void end(CUstream_st* stream) {
        const std::lock_guard guard(mutex_);
        alive_.erase(stream);
        delete stream;
    }
    /// The stream of a handle; null if there is none.
    CUstream_st* find(cudaStream_t handle) {
        const std::lock_guard guard(mutex_);
        if (handle) return alive_.contains(handle) ? handle : nullptr;
        const std::size_t device = static_cast<std::size_t>(current_device());
        while (null_.size() <= device)
            null_.push_back(
                new CUstream_st{static_cast<int>(null_.size()), cudaStreamDefault, {}, 0, 0, nullptr});
        return null_[device];
    }
    std::vector<CUstream_st*> of_device(int device) {
        const std::lock_guard guard(mutex_);
        std::vector<CUstream_st*> some;
        for (CUstream_st* stream : alive_)
            if (stream->device == device) some.push_back(stream);
        if (static_cast<std::size_t>(device) < null_.size())
            some.push_back(null_[static_cast<std::size_t>(device)]);
        return some;
    }

private:
    std::mutex mutex_;
    std::set<CUstream_st*> alive_;
    std::vector<CUstream_st*> null_;
};

inline cudaError_t no_such_stream() {
    return fail(cudaErrorInvalidResourceHandle, "the stream was destroyed, or is none");
}

/// Runs the queued operations of a stream up to number `until`. Returns the first error.
inline cudaError_t drain(CUstream_st& stream, std::size_t until) {
    cudaError_t status = cudaSuccess;
    while (stream.done < until && !stream.queue.empty()) {
        const Work work = std::move(stream.queue.front());
        stream.queue.pop_front();
        ++stream.done;
        const cudaError_t one = work();
        if (status == cudaSuccess) status = one;
    }
    return status;
}
inline cudaError_t drain(CUstream_st& stream) { return drain(stream, stream.queued); }

inline cudaError_t drain_device(int device, bool blocking_only) {
    cudaError_t status = cudaSuccess;
    for (CUstream_st* stream : Streams::all().of_device(device)) {
        if (blocking_only && (stream->flags & cudaStreamNonBlocking)) continue;
        const cudaError_t one = drain(*stream);
        if (status == cudaSuccess) status = one;
    }
    return status;
}

/// For a call that is not allowed during capture: it invalidates the capture.
inline cudaError_t not_while_capturing(CUstream_st& stream, const char* call) {
    stream.capture->broken = true;
    return fail(cudaErrorStreamCaptureUnsupported,
                std::string(call) + " is not possible while the stream is captured");
}

/// Queues work on a stream.
inline cudaError_t submit(cudaStream_t handle, Work work) {
    CUstream_st* const stream = Streams::all().find(handle);
    if (!stream) return no_such_stream();
    if (stream->capture) {
        stream->capture->work.push_back(std::move(work));
        return cudaSuccess;
    }
    // The null stream waits for all blocking streams, and they wait for it.
    if (!handle) {
        const cudaError_t status = drain_device(stream->device, true);
        return status == cudaSuccess ? work() : status;
    }
    if (!lazy()) return work();
    stream->queue.push_back(std::move(work));
    ++stream->queued;
    return cudaSuccess;
}

}  // namespace emulate

inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    const cudaError_t status = emulate::check_device(emulate::current_device());
    if (status != cudaSuccess) return status;
    *stream = emulate::Streams::all().make(flags);
    return cudaSuccess;
}
inline cudaError_t cudaStreamCreate(cudaStream_t* stream) {
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}
inline cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
    return cudaStreamCreateWithFlags(stream, flags);
}
inline cudaError_t cudaStreamDestroy(cudaStream_t handle) {
    CUstream_st* const stream = handle ? emulate::Streams::all().find(handle) : nullptr;
    if (!stream) return emulate::no_such_stream();
    const cudaError_t status = emulate::drain(*stream);
    emulate::Streams::all().end(stream);
    return status;
}
inline cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    if (stream->capture) return emulate::not_while_capturing(*stream, "waiting");
    return handle ? emulate::drain(*stream) : emulate::drain_device(stream->device, true);
}
inline cudaError_t cudaStreamQuery(cudaStream_t handle) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    // Polling counts as waiting: the query itself runs the work.
    const bool ready = stream->done == stream->queued;
    const cudaError_t status = emulate::drain(*stream);
    return status != cudaSuccess || ready ? status : cudaErrorNotReady;
}
inline cudaError_t cudaStreamGetDevice(cudaStream_t handle, int* device) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    *device = stream->device;
    return cudaSuccess;
}
inline cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned* flags) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    *flags = stream->flags;
    return cudaSuccess;
}
inline cudaError_t cudaDeviceSynchronize() { return emulate::drain_device(emulate::current_device(), false); }
