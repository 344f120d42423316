// SPDX-License-Identifier: Apache-2.0
/// \file
/// Work that is queued once and launched many times: a CUDA graph. Each execution costs one launch, however
/// many kernels the graph holds, and they run with the addresses, the sizes and the numbers that they were
/// queued with.
#pragma once

#include <cuda_runtime.h>

#include <utility>

#include <coco/cuda/device.cuh>

namespace coco::cuda {

/// Recorded work of one device. What it reads and writes must not move, and the device must outlive it.
class Graph {
public:
    Graph() = default;
    Graph(Graph&& other) noexcept { swap(other); }
    Graph& operator=(Graph&& other) noexcept {
        swap(other);
        return *this;
    }
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    ~Graph() {
        if (executable_) static_cast<void>(cudaGraphExecDestroy(executable_));
    }

    /// Records what work() queues; none of it is executed. work() must have run once, so that all memory is
    /// allocated, and must neither upload nor wait.
    /// \throws Error where it does, or where work throws; nothing is left recorded then
    template <class Work>
    static Graph record(Device& device, const Work& work) {
        Graph graph;
        const Recording recording(device.stream());
        work();
        graph.launches_ = recording.launches();
        graph.instantiate(recording.end());
        return graph;
    }

    /// Executes what was recorded. Counts as one launch.
    void replay(Device& device) const {
        require(executable_ != nullptr, "cuda: replay", "nothing was recorded");
        Stream& stream = device.stream();
        stream.ready();
        check(cudaGraphLaunch(executable_, stream.handle), "start recorded work");
        ++stream.launches;
    }

    /// Number of launches that one replay replaces.
    Index launches() const { return launches_; }

private:
    /// A stream in recording mode, until the end of its scope.
    class Recording {
    public:
        explicit Recording(Stream& stream) : stream_(stream), before_(stream.launches) {
            stream.ready();
            check(cudaStreamBeginCapture(stream.handle, cudaStreamCaptureModeThreadLocal), "begin to record");
            stream.recording = true;
        }
        Recording(const Recording&) = delete;
        Recording& operator=(const Recording&) = delete;
        ~Recording() {
            if (!stream_.recording) return;
            cudaGraph_t half = nullptr;
            static_cast<void>(stop(half));
            if (half) static_cast<void>(cudaGraphDestroy(half));
        }
        Index launches() const { return stream_.launches - before_; }
        cudaGraph_t end() const {
            cudaGraph_t graph = nullptr;
            check(stop(graph), "end the recording");
            return graph;
        }

    private:
        cudaError_t stop(cudaGraph_t& graph) const {
            stream_.recording = false;
            stream_.launches = before_;
            return cudaStreamEndCapture(stream_.handle, &graph);
        }

        Stream& stream_;
        Index before_;
    };

    void instantiate(cudaGraph_t graph) {
        const cudaError_t status = cudaGraphInstantiate(&executable_, graph, 0);
        static_cast<void>(cudaGraphDestroy(graph));
        check(status, "prepare recorded work");
    }
    void swap(Graph& other) noexcept {
        std::swap(executable_, other.executable_);
        std::swap(launches_, other.launches_);
    }

    cudaGraphExec_t executable_ = nullptr;
    Index launches_ = 0;
};

}  // namespace coco::cuda
