// SPDX-License-Identifier: LGPL-2.1-or-later

package main

import (
	"fmt"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// pager gives objects in pages, as a vCenter does.
type pager struct {
	simulator.PropertyCollector
	mutex sync.Mutex
	rest  map[string][]types.ObjectContent
	size  int
	next  int
}

func putPages(m *simulator.Model) {
	ref := m.ServiceContent.PropertyCollector
	p := new(pager)
	p.Self = ref
	simulator.Map.Put(p)
}

func (p *pager) cut(objects []types.ObjectContent, size int) types.RetrieveResult {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(objects) <= size {
		return types.RetrieveResult{Objects: objects}
	}
	if p.rest == nil {
		p.rest = map[string][]types.ObjectContent{}
	}
	token := fmt.Sprint(p.next)
	p.next++
	p.size = size
	p.rest[token] = objects[size:]
	return types.RetrieveResult{Token: token, Objects: objects[:size]}
}

func (p *pager) RetrievePropertiesEx(ctx *simulator.Context, r *types.RetrievePropertiesEx) soap.HasFault {
	res := p.PropertyCollector.RetrievePropertiesEx(ctx, r)
	body := res.(*methods.RetrievePropertiesExBody)
	if body.Res == nil || body.Res.Returnval == nil {
		return res
	}
	size := *page
	if n := int(r.Options.MaxObjects); n > 0 && n < size {
		size = n
	}
	result := p.cut(body.Res.Returnval.Objects, size)
	body.Res.Returnval = &result
	return body
}

func (p *pager) ContinueRetrievePropertiesEx(r *types.ContinueRetrievePropertiesEx) soap.HasFault {
	body := new(methods.ContinueRetrievePropertiesExBody)
	p.mutex.Lock()
	rest, ok := p.rest[r.Token]
	delete(p.rest, r.Token)
	p.mutex.Unlock()
	if !ok {
		body.Fault_ = simulator.Fault("", &types.InvalidArgument{InvalidProperty: "token"})
		return body
	}
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: p.cut(rest, p.size)}
	return body
}
