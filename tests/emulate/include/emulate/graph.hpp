// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates graphs made by capturing a stream: the work is stored with its arguments and repeated at each
/// launch.
#pragma once

#include <emulate/stream.hpp>

enum cudaStreamCaptureMode {
    cudaStreamCaptureModeGlobal = 0,
    cudaStreamCaptureModeThreadLocal = 1,
    cudaStreamCaptureModeRelaxed = 2
};
enum cudaStreamCaptureStatus {
    cudaStreamCaptureStatusNone = 0,
    cudaStreamCaptureStatusActive = 1,
    cudaStreamCaptureStatusInvalidated = 2
};
struct CUgraphExec_st {
    std::vector<emulate::Work> work;
};
using cudaGraphExec_t = CUgraphExec_st*;
using cudaGraphNode_t = struct CUgraphNode_st*;

inline cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode) {
    CUstream_st* const stream = handle ? emulate::Streams::all().find(handle) : nullptr;
    if (!handle)
        return emulate::fail(cudaErrorStreamCaptureUnsupported, "the null stream cannot be captured");
    if (!stream) return emulate::no_such_stream();
    if (stream->capture)
        return emulate::fail(cudaErrorStreamCaptureUnmatched, "the stream is captured already");
    stream->capture = new CUgraph_st;
    return cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* graph) {
    *graph = nullptr;
    CUstream_st* const stream = handle ? emulate::Streams::all().find(handle) : nullptr;
    if (!stream) return emulate::no_such_stream();
    CUgraph_st* const made = stream->capture;
    if (!made) return emulate::fail(cudaErrorStreamCaptureUnmatched, "the stream is not captured");
    for (CUstream_st* other : emulate::Streams::all().of_device(stream->device))
        if (other->capture == made) other->capture = nullptr;
    if (made->broken) {
        delete made;
        return emulate::fail(cudaErrorStreamCaptureInvalidated,
                             "a call that no graph can hold has spoilt the capture");
    }
    *graph = made;
    return cudaSuccess;
}
inline cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* status) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    *status = !stream->capture          ? cudaStreamCaptureStatusNone
              : stream->capture->broken ? cudaStreamCaptureStatusInvalidated
                                        : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}

inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                        unsigned long long = 0) {
    if (!graph) return emulate::fail(cudaErrorInvalidValue, "there is no graph");
    *executable = new CUgraphExec_st{graph->work};
    return cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t handle) {
    if (!executable) return emulate::fail(cudaErrorInvalidValue, "there is no graph");
    for (const emulate::Work& work : executable->work) {
        const cudaError_t status = emulate::submit(handle, work);
        if (status != cudaSuccess) return status;
    }
    return cudaSuccess;
}
/// Returns the number of nodes of a graph; they have no handles here.
inline cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
    if (nodes) return emulate::fail(cudaErrorNotSupported, "nodes of a graph can only be counted here");
    *count = graph->work.size();
    return cudaSuccess;
}
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}
